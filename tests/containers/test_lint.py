"""Three linters find nothing that has no written reason; each is also shown a file that it must complain of."""

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from tests.containers.stack import PROJECT, run
from tests.containers.texts import COMPOSE, DOCKERFILES, POSTGRESQL, Texts, texts, with_postgresql

TEXTS = texts()
_BIN = PROJECT / ".venv/bin"
_DCLINT = PROJECT / ".venv/dclint/node_modules/.bin/dclint"
_CARELESS = "services:\n  web:\n    image: nginx\n    privileged: true\n    ports: ['80:80']\n"


def hadolint(file: Path) -> None:
    """Fails with all that hadolint says about a Dockerfile."""
    run(str(_BIN / "hadolint"), str(file))


def compose_lint(file: Path) -> None:
    """Fails with all that compose-lint says, down to the least; .compose-lint.yml says what is left as it is."""
    run(str(_BIN / "compose-lint"), "--fail-on", "low", str(file))


def dclint(file: Path) -> None:
    """Fails with all that dclint says, warnings too."""
    if not _DCLINT.exists():
        pytest.fail("dclint is missing; run `make setup-dclint`, which needs npm")
    run(str(_DCLINT), "--max-warnings", "0", str(file))


def exemptions_without_reason(files: Texts) -> list[str]:
    """What hadolint is told to overlook without a reason in the line above."""
    found = []
    for name in DOCKERFILES:
        lines = files[name].splitlines()
        pairs = pairwise(lines)
        found += [line for above, line in pairs if "hadolint ignore" in line and not above.startswith("# ")]
    return found


@pytest.mark.parametrize("name", DOCKERFILES)
def test_hadolint_finds_nothing(name: str, tmp_path: Path) -> None:
    """And what it is told to overlook has its reason in the line above."""
    assert exemptions_without_reason(TEXTS) == []
    assert exemptions_without_reason({name: "\n# hadolint ignore=DL3008\n" for name in DOCKERFILES}) != []
    hadolint(PROJECT / name)
    (tmp_path / "Dockerfile").write_text("FROM nginx:latest\nRUN cd /tmp\n")
    with pytest.raises(AssertionError, match="DL3007"):
        hadolint(tmp_path / "Dockerfile")


def test_compose_lint_finds_nothing_without_a_written_reason(tmp_path: Path) -> None:
    """In what the engine is given, without and with PostgreSQL. The reasons are in .compose-lint.yml.

    In a folder that may be shared: below /root it would complain of where the clone is, and of nothing in it.
    """
    (tmp_path / COMPOSE).write_text(TEXTS[COMPOSE])
    compose_lint(tmp_path / COMPOSE)
    (tmp_path / POSTGRESQL).write_text(with_postgresql(TEXTS)[COMPOSE])
    compose_lint(tmp_path / POSTGRESQL)
    reasons = yaml.safe_load((PROJECT / ".compose-lint.yml").read_text())["rules"]
    assert all(len(reason.split()) > 4 for rule in reasons.values() for reason in rule["exclude_services"].values())
    (tmp_path / COMPOSE).write_text(_CARELESS)
    with pytest.raises(AssertionError, match="CL-"):
        compose_lint(tmp_path / COMPOSE)


def test_dclint_finds_nothing(tmp_path: Path) -> None:
    """In the compose files as users run them."""
    dclint(PROJECT / COMPOSE)
    dclint(PROJECT / POSTGRESQL)
    (tmp_path / COMPOSE).write_text(_CARELESS)
    with pytest.raises(AssertionError, match="no-unbound-port-interfaces"):
        dclint(tmp_path / COMPOSE)
