"""A real engine, and the containers on it; `.ci/run` brings the engine up, and without one these tests fail.

The tests of static rules need no engine: they read the files.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.containers.drilled import Drilled, inhabit
from tests.containers.stack import Stack, copy_of_the_tree
from tests.containers.visitor import Visitor

NewStack = Callable[..., Stack]


@pytest.fixture(scope="session")
def engine() -> None:
    """Fails, and says what is missing, where no engine or no compose answers."""
    for command in (["docker", "system", "info"], ["docker", "compose", "version"]):
        try:
            answers = subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed
        except FileNotFoundError:
            answers = False
        if not answers:
            pytest.fail(f"`{' '.join(command)}` does not answer; start a Docker engine with compose, or run .ci/run")


@pytest.fixture(scope="session")
def tree(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree as a fresh clone would be; for tests that leave it as it is."""
    return copy_of_the_tree(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="session")
def stack(tree: Path) -> Iterator[Stack]:
    """App and nginx by `make up` alone, healthy, shared by the tests of this run; nobody has an account yet."""
    with Stack(f"oboegaki-test-{os.getpid()}", tree).standing() as shared:
        shared.said = shared.make("up")
        yield shared


@pytest.fixture(scope="session")
def owner(stack: Stack) -> Visitor:
    """The first account of the shared stack, made with the link that `make up` printed, and logged in."""
    return claimed(stack)


def claimed(stack: Stack) -> Visitor:
    """Make the first account of a stack with the link that `make up` printed, and log in."""
    visitor = Visitor(stack.address)
    reply = visitor.claim(stack.said.splitlines()[-1].removeprefix("Set up the first account: "))
    assert reply.status == 302, reply.text[:2000]
    return visitor


@pytest.fixture(scope="session")
def behind_a_proxy(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack below a path, for a proxy in front that is trusted and speaks TLS; nobody has an account there."""
    settings = {
        "OBOEGAKI_BASE_PATH": "/cards",
        "OBOEGAKI_TRUSTED_PROXIES": "1",
        "OBOEGAKI_ADDRESS": "https://cards.example.org",
    }
    tree = copy_of_the_tree(tmp_path_factory.mktemp("proxied-clone"))
    with Stack(f"oboegaki-proxied-{os.getpid()}", tree, settings).standing() as proxied:
        proxied.up()
        yield proxied


@pytest.fixture(scope="session")
def drilled(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drilled]:
    """A stack for drills, with learners; each drill leaves it up and healthy."""
    tree = copy_of_the_tree(tmp_path_factory.mktemp("drilled-clone"))
    with Stack(f"oboegaki-drill-{os.getpid()}", tree).standing() as hurt:
        hurt.up()
        yield inhabit(hurt, tmp_path_factory.mktemp("drilled"))


@pytest.fixture
def new_stack(engine: None, tmp_path: Path) -> Iterator[NewStack]:
    """Makes stacks of a test's own, with settings of `.env`, in copies of the tree of their own; not yet up."""
    numbers = count()
    with ExitStack() as made:

        def make(**settings: str) -> Stack:
            number = next(numbers)
            tree = copy_of_the_tree(tmp_path / f"clone-{number}")
            return made.enter_context(Stack(f"oboegaki-test-{os.getpid()}-{number}", tree, settings).standing())

        yield make
