"""What drills share: bounded sizes in everyday runs, the full ones with `--full` (`make drill`)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills import world as worlds
from tests.drills.world import Made, World


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `pytest tests/drills --full` run every drill at its full size."""
    parser.addoption("--full", action="store_true", default=False, help="run the drills at their full size")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the drills run at full size."""
    return bool(request.config.getoption("--full", default=False))


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The world of the drills of accounts, to be copied."""
    return worlds.make(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(made_world: Made, tmp_path: Path) -> Iterator[World]:
    """A running app on a copy of that world."""
    made = World(made_world, tmp_path / "world")
    yield made
    made.close()
