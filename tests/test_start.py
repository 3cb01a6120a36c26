"""The console script hears who wants it to stop from its first moment on, also where Python drops the exception."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.config import Config
from tests.test_stopping import hear

pytestmark = pytest.mark.sqlite  # the command has the settings of its own, with a file

_PROGRAM = Path(sys.executable).with_name("oboegaki")

_TOLD_AT_AN_IMPORT = """
import os, sys, weakref

class Thing:
    pass

def tell(_gone):
    os.kill(os.getpid(), {number})
    sum(range(1000))

class Importing:
    def find_spec(self, name, path=None, target=None):
        if name == "{name}":
            thing = Thing()
            watched = weakref.ref(thing, tell)
            {act}

sys.meta_path.insert(0, Importing())
"""
"""A `sitecustomize`: at the import of `name` the process gets a signal, by `act`."""

_IN_A_CALLBACK = "del thing"
"""What is raised there is only printed."""

_OUTSIDE = "del watched; tell(None)"


def told(folder: Path, config: Config, at: str, number: signal.Signals, act: str, *words: str) -> tuple[int, str]:
    """`oboegaki WORDS`, which is told to stop when it imports `at`: its exit status, and what it said."""
    (folder / "sitecustomize.py").write_text(_TOLD_AT_AN_IMPORT.format(name=at, number=int(number), act=act))
    settings = {"OBOEGAKI_DATA_DIR": str(config.data_dir), "OBOEGAKI_CARDS_DIR": str(config.cards_dir)}
    with subprocess.Popen(  # noqa: S603 - our own program
        [str(_PROGRAM), *words],
        env={**os.environ, **settings, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=hear,
    ) as process:
        try:
            said, _ = process.communicate(timeout=120)
        finally:
            process.kill()
        return process.returncode, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("act", [_IN_A_CALLBACK, _OUTSIDE])
def test_a_server_that_is_told_to_stop_while_the_program_is_loaded_stops(
    config: Config, tmp_path: Path, act: str, number: signal.Signals
) -> None:
    status, said = told(tmp_path, config, "sqlalchemy", number, act, "serve", f"--socket={tmp_path}/socket")
    assert (status, said) == (128 + number, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("act", [_IN_A_CALLBACK, _OUTSIDE])
def test_a_server_that_is_told_to_stop_before_it_serves_stops_and_that_is_no_failure(
    config: Config, tmp_path: Path, act: str, number: signal.Signals
) -> None:
    """A new database is migrated; where the exception is dropped, the preparations go on, and nothing is served."""
    new = replace(config, data_dir=tmp_path / "new")
    status, said = told(tmp_path, new, "alembic", number, act, "serve", f"--socket={tmp_path}/socket")
    assert status == 0, said
    assert "uWSGI" not in said
    assert ("Exception ignored" in said) is (act is _IN_A_CALLBACK)


def test_a_command_that_is_interrupted_cleans_up_behind_itself(config: Config, tmp_path: Path) -> None:
    """By Python's own exception, which runs what stands in `finally`."""
    status, said = told(tmp_path, config, "alembic", signal.SIGINT, _OUTSIDE, "data", "check")
    assert status == 1
    assert said.strip() == "Aborted!"
