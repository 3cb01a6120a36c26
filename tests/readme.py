"""The README's own commands, for tests that do what it says."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def told(beginning: str) -> list[str]:
    """The commands of the block that has one beginning like this, without what is said about them."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    for lines in (block.splitlines() for block in blocks):
        if any(line.startswith(beginning) for line in lines):
            return [line.partition(" #")[0].strip() for line in lines]
    raise AssertionError(f"the README has no block with a command that begins with {beginning!r}")


def typed(command: str, environment: Mapping[str, str]) -> str:
    """What a line of the README prints, typed where `oboegaki` is found; it must succeed."""
    found = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **environment}
    done = subprocess.run(  # noqa: S602 - our own README
        command,
        shell=True,
        env=found,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
