"""The logs of a project's containers, of those that are gone too: who takes a container away has it followed before.

The engine forgets a container's log with the container. A follower has all of it and reads on to the last line that
the container prints while it is being stopped.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO

_FIRST_LINES_SECONDS = 10
"""For a follower to begin on a busy machine; a container that has said nothing by then has nothing to lose."""
_LAST_LINES_SECONDS = 60


@dataclass(frozen=True)
class _Follower:
    """`docker container logs --follow` of one container, and the file that it writes."""

    name: str
    process: "subprocess.Popen[bytes]"
    lines: IO[bytes]

    @property
    def has_begun(self) -> bool:
        """Whether the container has said something that is here, or has ended."""
        return self.process.poll() is not None or os.fstat(self.lines.fileno()).st_size > 0

    def read(self) -> Iterator[str]:
        """The lines, when the container has ended, with its name in front; fails where the container goes on."""
        self.process.wait(_LAST_LINES_SECONDS)
        self.lines.seek(0)
        for line in self.lines.read().decode(errors="replace").splitlines():
            yield f"{self.name} | {line}"

    def close(self) -> None:
        """End it, should it still follow."""
        self.process.kill()
        self.process.wait()
        self.lines.close()


@dataclass
class Logs:
    """What the containers of one project of compose printed on either output; of one that began again, all of it."""

    project: str
    _followers: dict[str, _Follower] = field(default_factory=dict)

    def follow(self) -> None:
        """Follow every container that there is now, also those that have ended and those of one-off commands.

        When this is over, they may be taken away.
        """
        for container, name in self._containers():
            known = self._followers.get(container)
            if known is not None:
                if known.process.poll() is None:
                    continue
                known.close()  # it ended with the container, which may have begun again
            self._followers[container] = self._follower(container, name)
        end = time.monotonic() + _FIRST_LINES_SECONDS
        while not all(each.has_begun for each in self._followers.values()) and time.monotonic() < end:
            time.sleep(0.02)

    def read(self) -> str:
        """All lines of all of them; each has ended, or does so within a minute."""
        return "\n".join(line for follower in self._followers.values() for line in follower.read())

    def close(self) -> None:
        """Follow nothing any more."""
        for follower in self._followers.values():
            follower.close()
        self._followers.clear()

    def _containers(self) -> list[tuple[str, str]]:
        """Id and name of each."""
        of_project = ("--filter", f"label=com.docker.compose.project={self.project}")
        command = ["docker", "container", "ls", "--all", "--no-trunc", *of_project, "--format", "{{.ID}} {{.Names}}"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - fixed
        rows = (line.split() for line in told.splitlines())
        return [(container, name.removeprefix(f"{self.project}-")) for container, name in rows]

    @staticmethod
    def _follower(container: str, name: str) -> _Follower:
        lines = TemporaryFile()  # noqa: SIM115 - closed with the follower
        command = ["docker", "container", "logs", "--follow", container]
        process = subprocess.Popen(command, stdout=lines, stderr=lines)  # noqa: S603 - the tests' own container
        return _Follower(name, process, lines)
