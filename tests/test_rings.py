"""Arrows point inwards: pages and commands -> use cases and tables -> scheduling and deck reading. And one clock."""

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parent.parent
APP = PROJECT / "app"
MODULES = sorted(APP.rglob("*.py"))
OUTER = {"__init__", "cli", "web", "wsgi", "migrating", "start"}
"""What of `app` may know Flask: the factory, commands, pages, the ways in for uWSGI, Flask-Migrate and the console."""
DATABASES = {"sqlalchemy", "alembic", "pysqlite3", "sqlite3"}
CLOCKS = {
    ("date", "today"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("time", "time"),
    ("time", "time_ns"),
}


def of_ring(*names: str) -> list[Path]:
    """The modules of these parts of `app`."""
    return [path for path in MODULES if path.relative_to(APP).parts[0].removesuffix(".py") in names]


def imported(tree: ast.AST) -> Iterator[str]:
    """The full names of what a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(path: Path) -> set[str]:
    return set(imported(ast.parse(path.read_text())))


def packages_of(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports_of(path)}


def clocks_read(tree: ast.AST) -> list[str]:
    """Where a module reads the time: the call and its line; also a clock imported by its own name."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (_name(node.value), node.attr) in CLOCKS:
            found.append(f"{_name(node.value)}.{node.attr}, line {node.lineno}")
        if isinstance(node, ast.ImportFrom):
            taken = [alias.name for alias in node.names if (node.module, alias.name) in CLOCKS]
            found += [f"{node.module}.{name}, line {node.lineno}" for name in taken]
    return found


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


INWARDS = "arrows point inwards: pages and commands, use cases, tables and values, scheduling and deck reading"
NO_FLASK = "use cases, scheduling and deck reading never know Flask"
NO_DATABASE = "scheduling and deck reading know no database"
ALONE = "scheduling stands on the standard library alone"
WRONG = [
    ("study.py", "from app.web import said", INWARDS),
    ("models/base.py", "from app import study", INWARDS),
    ("srs/sm2.py", "from app.decks import note", INWARDS),
    ("decks/note.py", "from app import errors", INWARDS),
    ("web/today.py", "from app.cli import due", INWARDS),
    ("nowhere.py", "import json", INWARDS),
    ("setaside.py", "from flask import g", NO_FLASK),
    ("owners.py", "import werkzeug", NO_FLASK),
    ("decks/note.py", "import sqlalchemy", NO_DATABASE),
    ("srs/history.py", "import yaml", ALONE),
]
"""A module, an import that is wrong in it, and the contract that must see it."""


def checked(folder: Path) -> tuple[int, str]:
    """What the linter says of the project in a folder: its exit status, and its words with single spaces."""
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120)  # noqa: S603
    return result.returncode, " ".join((result.stdout + result.stderr).split())


def contracts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    return found


def test_the_directions_of_import_hold() -> None:
    """The contracts stand in pyproject.toml."""
    status, said = checked(PROJECT)
    assert (status, f"Contracts: {len(contracts())} kept, 0 broken." in said) == (0, True), said


@pytest.mark.parametrize(("module", "line", "contract"), WRONG)
def test_each_contract_sees_a_wrong_import(tmp_path: Path, module: str, line: str, contract: str) -> None:
    """The linter runs on a copy with one line more."""
    shutil.copytree(APP, tmp_path / "app", ignore=shutil.ignore_patterns("*.html", "*.po", "*.mo", "__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    with (tmp_path / "app" / module).open("a") as file:
        file.write(f"\n{line}\n")
    status, said = checked(tmp_path)
    assert status == 1
    assert f"{contract} BROKEN" in said


def test_every_contract_is_shown_to_fail() -> None:
    assert {contract["name"] for contract in contracts()} == {contract for _module, _line, contract in WRONG}


def test_every_module_inside_of_pages_and_commands_is_kept_from_flask() -> None:
    modules = {f"app.{path.relative_to(APP).parts[0].removesuffix('.py')}" for path in MODULES}
    (contract,) = (contract for contract in contracts() if contract["name"] == NO_FLASK)
    assert set(contract["source_modules"]) == modules - {f"app.{name}" for name in OUTER}


def test_scheduling_is_kept_from_everything_that_the_app_installs() -> None:
    used = {name for path in MODULES for name in packages_of(path)} - sys.stdlib_module_names - {"app", "_typeshed", ""}
    (contract,) = (contract for contract in contracts() if contract["name"] == ALONE)
    assert set(contract["forbidden_modules"]) == used


@pytest.mark.parametrize("path", of_ring("srs"), ids=lambda path: path.stem)
def test_scheduling_uses_the_standard_library_and_itself_alone(path: Path) -> None:
    ours = {name for name in imports_of(path) if name.partition(".")[0] == "app"}
    assert packages_of(path) - {"app"} <= sys.stdlib_module_names
    assert all(name.startswith("app.srs") for name in ours)
    assert packages_of(path).isdisjoint({"sqlite3", "time", "os"})


@pytest.mark.parametrize("path", of_ring("decks"), ids=lambda path: path.stem)
def test_deck_reading_knows_neither_database_nor_web_nor_the_rest_of_the_app(path: Path) -> None:
    assert packages_of(path).isdisjoint(DATABASES)
    assert not [name for name in packages_of(path) if name.startswith("flask")]
    assert not [name for name in imports_of(path) if name.startswith("app.") and not name.startswith("app.decks")]


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(APP).parts[0].removesuffix(".py") not in OUTER],
    ids=lambda path: str(path.relative_to(APP)),
)
def test_use_cases_know_neither_flask_nor_the_outer_ring(path: Path) -> None:
    assert not [name for name in packages_of(path) if name.startswith(("flask", "werkzeug", "click"))]
    assert not [name for name in imports_of(path) if name.startswith(("app.web", "app.cli", "app.wsgi", "."))]


@pytest.mark.parametrize("path", [path for path in MODULES if path != APP / "clock.py"], ids=lambda path: path.stem)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    assert clocks_read(ast.parse(path.read_text())) == []


def test_the_check_of_clocks_sees_them() -> None:
    source = (
        "import datetime as d\nfrom time import time\nd.datetime.now()\nx = date.today\ndatetime.fromisoformat('')\n"
    )
    assert sorted(clocks_read(ast.parse(source))) == ["date.today, line 4", "datetime.now, line 3", "time.time, line 2"]
    assert clocks_read(ast.parse((APP / "clock.py").read_text())) == ["datetime.now, line 8"]


def test_the_check_of_imports_sees_them() -> None:
    source = (
        "import flask.views\nfrom app import web\nfrom . import queue\ndef f():\n    from sqlalchemy.orm import Row\n"
    )
    assert {"flask.views", "app.web", ".", "sqlalchemy.orm"} <= set(imported(ast.parse(source)))
