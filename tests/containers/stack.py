"""The containers as a user brings them up: the project's own compose file in a copy of the tree, on a real engine."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import canaries
from tests.containers.logs import Logs
from tests.ports import FAR_HOUR, free_port

PROJECT = Path(__file__).resolve().parent.parent.parent
_WAIT_SECONDS = 300
_MAY_TAKE_AWAY = ("down", "rm", "run", "up")
"""Commands of compose after which a container may be gone: of `run` its own, of `up` those that it makes anew."""
"""The nightly backup comes half a day from now: not into the middle of a test."""


def run(*command: str, cwd: Path = PROJECT, env: dict[str, str] | None = None, text: str | None = None) -> str:
    """What a command printed on standard output; fails with all that it said when it does not exit with 0."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("OBOEGAKI_", "COMPOSE_"))}
    done = subprocess.run(  # noqa: S603 - the tests' own commands
        command, cwd=cwd, env=environ | (env or {}), input=text, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def build(folder: Path, tag: str, *options: str) -> str:
    """Build the image of a folder, under a tag of its own; the log, with a line for each step."""
    command = ["docker", "image", "build", "--progress", "plain", "--tag", tag, *options, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr[-5000:]
    return done.stderr


def copy_of_the_tree(target: Path) -> Path:
    """What a fresh clone would hold of the tree as it is now: what git knows and what it would add."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (PROJECT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, target / name)
    return target


@dataclass
class Stack:
    """One project of `docker compose`: app and nginx on a port of their own, a data volume of their own."""

    name: str
    tree: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    said: str = ""
    """What `make up` printed."""
    _logs: Logs = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._logs = Logs(self.name)

    @property
    def environment(self) -> dict[str, str]:
        """What distinguishes this stack from one that a user brings up."""
        own = {"COMPOSE_PROJECT_NAME": self.name, "OBOEGAKI_PORT": str(self.port), "OBOEGAKI_BACKUP_HOUR": FAR_HOUR}
        return own | self.settings

    @property
    def address(self) -> str:
        """Where nginx is reached from this machine, with the base path and without a slash at the end."""
        return f"http://127.0.0.1:{self.port}{self.settings.get('OBOEGAKI_BASE_PATH', '')}"

    def compose(self, *arguments: str, text: str | None = None) -> str:
        """`docker compose` with these arguments; what it printed on standard output."""
        if arguments[0] in _MAY_TAKE_AWAY:
            self._logs.follow()
        return self._run("docker", "compose", *arguments, text=text)

    def make(self, *targets: str) -> str:
        """`make` with these targets in the copy of the tree; what it printed."""
        self._logs.follow()
        return self._run("make", "--no-print-directory", *targets)

    def shell(self, commands: str) -> str:
        """Carry out lines as somebody would who has typed them in the copy of the tree; what they printed."""
        self._logs.follow()
        return self._run("bash", "-euc", commands)

    def discard(self, *containers: str) -> None:
        """Take containers of the stack away that have ended."""
        self._logs.follow()
        self._run("docker", "container", "rm", *containers)

    def up(self, *services: str) -> None:
        """Build, start, and wait until everything is healthy."""
        self.compose("up", "--detach", "--build", "--wait", "--wait-timeout", str(_WAIT_SECONDS), *services)

    @contextmanager
    def standing(self) -> Iterator["Stack"]:
        """For the body; then the logs of its containers are searched for secrets, and everything is taken away.

        Of containers that the body took away, too.
        """
        try:
            with canaries.searched(f"the logs of {self.name}", self.all_logs):
                yield self
        finally:
            self._logs.close()
            self.remove()

    def all_logs(self) -> str:
        """All that all of its containers printed on either output, with their names in front; it stops them."""
        self._run("docker", "compose", "stop", "--timeout", "5")
        self._logs.follow()
        return self._logs.read()

    def remove(self) -> None:
        """Take everything away, the data volume and the images too."""
        self._run("docker", "compose", "down", "--volumes", "--rmi", "local", "--remove-orphans", "--timeout", "5")

    def _run(self, *command: str, text: str | None = None) -> str:
        return run(*command, cwd=self.tree, env=self.environment, text=text)

    def execute(self, service: str, *command: str) -> str:
        """What a command printed in a service's container."""
        return self.compose("exec", "--no-TTY", service, *command)

    def logs(self, service: str) -> str:
        """All that a service's container printed, without names in front."""
        return self.compose("logs", "--no-color", "--no-log-prefix", service)

    def container(self, service: str) -> dict[str, Any]:
        """What the engine knows about a service's container: `docker container inspect`."""
        container_id = self.compose("ps", "--all", "--quiet", service).strip()
        found: list[dict[str, Any]] = json.loads(run("docker", "container", "inspect", container_id))
        return found[0]

    def image(self, service: str) -> dict[str, Any]:
        """What the engine knows about a service's image: `docker image inspect`."""
        return image(f"{self.name}-{service}")

    def set_up_link(self) -> str:
        """The newest set-up link in the app's log."""
        lines = [line for line in self.logs("app").splitlines() if line.startswith("Set up the first account: ")]
        assert lines, f"no set-up link in the log of the app:\n{self.logs('app')[-3000:]}"
        return lines[-1].removeprefix("Set up the first account: ")


def image(name: str) -> dict[str, Any]:
    """What the engine knows about an image."""
    found: list[dict[str, Any]] = json.loads(run("docker", "image", "inspect", name))
    return found[0]
