"""Memory of a worker: it does not keep what the password hashes of its log-ins took, in any of its threads.

Shown able to fail: with glibc's own way of keeping large blocks that were freed, the same log-ins leave 60 MB and more.
"""

from pathlib import Path

import pytest

from tests.drills.clients import log_in_all
from tests.drills.ledger import Ledger
from tests.drills.server import Server, memory_of, seed, serving

_LOG_INS = 16
_MIB = 1024 * 1024
_A_HASH = 19 * _MIB
_AS_IT_LEARNS = {"MALLOC_MMAP_THRESHOLD_": str(32 * _MIB), "MALLOC_TRIM_THRESHOLD_": str(64 * _MIB)}
"""Where glibc ends up by itself after a block of 19 MiB was freed."""


def growth(folder: Path, environment: dict[str, str]) -> int:
    """The bytes by which a worker grows when people log in at it, page included."""
    site = seed(folder, learners=_LOG_INS, cards=1)
    with serving(Server(site, processes=1, environment=environment)) as server:
        (worker,) = server.workers
        before = memory_of(worker, "VmRSS")
        log_in_all(site, Ledger())
        grown = memory_of(worker, "VmRSS") - before
        server.stop()
    return grown


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Room for two servers."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    return tmp_path / "a", tmp_path / "b"


def test_a_worker_keeps_no_memory_of_the_hashes_of_log_ins(folders: tuple[Path, Path]) -> None:
    ours, glibc = folders
    assert growth(ours, {}) < _A_HASH
    assert growth(glibc, _AS_IT_LEARNS) > 2 * _A_HASH, "the harness can fail"
