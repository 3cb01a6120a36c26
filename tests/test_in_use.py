"""Who has the database open: said for as long as it is, by every process."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from app.config import Config
from app.db import Database
from app.errors import RefusedError, SetupError
from app.in_use import InUse, nobody_else

pytestmark = pytest.mark.sqlite

HOLDING = "import sys, time\nfrom pathlib import Path\nfrom app.in_use import InUse\nkept = InUse(Path(sys.argv[1]))\n"
WAITING = f"{HOLDING}print('open', flush=True)\ntime.sleep(60)\n"


def is_free(folder: Path) -> bool:
    try:
        with nobody_else(folder):
            return True
    except RefusedError:
        return False


def test_any_number_may_have_it_open_and_the_last_one_frees_it(tmp_path: Path) -> None:
    first, second = InUse(tmp_path), InUse(tmp_path)
    assert not is_free(tmp_path)
    first.close()
    assert not is_free(tmp_path)
    second.close()
    second.close()
    assert is_free(tmp_path)


def test_an_open_database_is_in_use_until_it_is_closed(config: Config) -> None:
    with closing(Database(config)):
        assert not is_free(config.data_dir)
    assert is_free(config.data_dir)


def test_a_refusal_names_the_folder_and_the_remedy(tmp_path: Path) -> None:
    with closing(InUse(tmp_path)), pytest.raises(RefusedError) as caught, nobody_else(tmp_path):
        pytest.fail("got in")
    assert str(caught.value) == (
        f"{tmp_path}: a server or another command has this database open; stop it first "
        '(Ctrl-C, in a container "docker compose stop app") and try again. Nothing was changed'
    )


def test_another_process_holds_it_until_it_is_killed(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": "."}
    with subprocess.Popen([sys.executable, "-c", WAITING, tmp_path], env=environ, stdout=subprocess.PIPE) as other:  # noqa: S603
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        assert not is_free(tmp_path)
        other.send_signal(signal.SIGKILL)
        other.wait(20)
    assert is_free(tmp_path)


def test_who_wants_to_open_it_waits_while_it_is_swapped(tmp_path: Path) -> None:
    opened = threading.Event()

    def open_it() -> None:
        with closing(InUse(tmp_path)):
            opened.set()

    with nobody_else(tmp_path):
        thread = threading.Thread(target=open_it)
        thread.start()
        assert not opened.wait(0.3)
    assert opened.wait(20)
    thread.join()


def test_a_lock_that_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "in-use.lock").mkdir()
    with pytest.raises(SetupError) as caught:
        InUse(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/in-use.lock: cannot be opened by user id {os.getuid()} (Is a directory); "
        "give everything in the data folder to that user"
    )
