"""The files that make the containers, as texts that a test can also break; and how they are taken apart."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.containers.stack import PROJECT, run

Texts = Mapping[str, str]
"""Texts by the name of their file."""

DOCKERFILES = ("Dockerfile", "nginx/Dockerfile")
COMPOSE = "docker-compose.yml"
POSTGRESQL = "docker-compose.postgresql.yml"
"""What `.env` may add to it."""
_OTHERS = ("uwsgi.ini", "Makefile", "README.md", "pyproject.toml", ".ci/run", ".env.example", ".dockerignore")
SHELL_FILES = ("Makefile", "README.md", ".ci/run", ".env.example", "nginx/15-oboegaki.envsh")


def texts() -> dict[str, str]:
    """Every file that says how the containers are made and used."""
    nginx = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "nginx").split()
    return {name: (PROJECT / name).read_text() for name in ("Dockerfile", COMPOSE, POSTGRESQL, *_OTHERS, *nginx)}


def with_postgresql(files: Texts) -> Texts:
    """The same files for somebody with PostgreSQL: the two compose files are one, as compose puts them together."""
    parts = (yaml.safe_load(files[name]) for name in (COMPOSE, POSTGRESQL))
    return {**files, COMPOSE: yaml.safe_dump(_put_together(*parts), sort_keys=False)}


def _put_together(base: Any, more: Any) -> Any:
    if isinstance(base, dict) and isinstance(more, dict):
        return base | {key: _put_together(base[key], value) if key in base else value for key, value in more.items()}
    return base + more if isinstance(base, list) and isinstance(more, list) else more


def services(files: Texts) -> dict[str, dict[str, Any]]:
    """The services of the compose file."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(files[COMPOSE])["services"]
    return found


def networks(files: Texts) -> dict[str, dict[str, Any]]:
    """The networks of the compose file."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(files[COMPOSE]).get("networks", {})
    return found


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """A Dockerfile's instructions with their arguments, without comments, on one line each."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE))
    pairs = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(name.upper(), rest.strip()) for name, _, rest in pairs]


def runs(dockerfile: str) -> list[str]:
    """The commands that are run while an image is built."""
    return [rest for name, rest in instructions(dockerfile) if name == "RUN"]


def of_nginx(files: Texts) -> str:
    """All of nginx's configuration."""
    return "\n".join(text for name, text in files.items() if name.startswith("nginx/") and "Dockerfile" not in name)
