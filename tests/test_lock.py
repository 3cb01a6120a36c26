"""The write lock: one holder at a time, over threads and processes, freed when its holder dies."""

import multiprocessing
import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.lock import FileLock

ROUNDS = 200
_spawning = multiprocessing.get_context("spawn")


def count_up(lock: FileLock, counter: Path, rounds: int) -> None:
    """Read, add one, write: loses counts as soon as two do it at once."""
    for _ in range(rounds):
        with lock.held():
            counter.write_text(str(int(counter.read_text()) + 1))


def count_up_elsewhere(path: Path, counter: Path) -> None:
    count_up(FileLock(path), counter, ROUNDS)


def die_holding(path: Path) -> None:
    with FileLock(path).held():
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the lock's file goes."""
    return tmp_path / "write.lock"


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    """A file that holds a number."""
    file = tmp_path / "counter"
    file.write_text("0")
    return file


def test_threads_take_turns(path: Path, counter: Path) -> None:
    lock = FileLock(path)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(count_up, lock, counter, ROUNDS) for _ in range(4)]:
            done.result()
    assert int(counter.read_text()) == 4 * ROUNDS


def test_processes_take_turns(path: Path, counter: Path) -> None:
    others = [_spawning.Process(target=count_up_elsewhere, args=(path, counter)) for _ in range(2)]
    for other in others:
        other.start()
    count_up(FileLock(path), counter, ROUNDS)
    for other in others:
        other.join(120)
    assert [other.exitcode for other in others] == [0, 0]
    assert int(counter.read_text()) == 3 * ROUNDS


def test_a_forked_process_does_not_share_its_parent_s_hold(path: Path) -> None:
    lock = FileLock(path)
    with lock.held():
        pass
    forked = multiprocessing.get_context("fork").Process(target=_hold_and_mark, args=(lock, path))
    with FileLock(path).held():
        forked.start()
        forked.join(0.3)
        assert forked.is_alive()
        assert not path.with_name("held").exists()
    forked.join(120)
    assert forked.exitcode == 0
    assert path.with_name("held").exists()


def _hold_and_mark(lock: FileLock, path: Path) -> None:
    with lock.held():
        path.with_name("held").touch()


def test_a_holder_that_dies_frees_the_lock(path: Path) -> None:
    dying = _spawning.Process(target=die_holding, args=(path,))
    dying.start()
    dying.join(120)
    assert dying.exitcode == -signal.SIGKILL
    with FileLock(path).held():
        assert path.exists()


def test_an_error_in_the_body_frees_the_lock(path: Path) -> None:
    lock = FileLock(path)
    with pytest.raises(RuntimeError, match=r"^in the body$"), lock.held():
        raise RuntimeError("in the body")
    with FileLock(path).held(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: True).result()


def test_the_lock_s_file_is_its_owner_s_alone(path: Path) -> None:
    with FileLock(path).held():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_who_only_tries_is_told_after_a_while_that_another_holds_it(path: Path) -> None:
    with FileLock(path).held(), FileLock(path).tried(0.1) as is_held:
        assert not is_held
    lock = FileLock(path)
    with lock.held(), ThreadPoolExecutor(1) as pool:
        assert not pool.submit(_try, lock).result()


def test_who_tries_and_gets_it_holds_it_until_the_end_of_the_body(path: Path) -> None:
    with FileLock(path).tried(0.1) as is_held:
        assert is_held
        assert not _try(FileLock(path))
    assert _try(FileLock(path))


def _try(lock: FileLock) -> bool:
    with lock.tried(0.1) as is_held:
        return is_held
