"""Health, as engines and proxies ask for it: without an account, and bad as soon as nothing can be written."""

import errno
import os

import pytest

from app import db
from app.config import Config
from app.lock import FileLock
from tests.web.conftest import Browser


def test_health_needs_no_account_and_leaves_nothing_behind(stranger: Browser, config: Config) -> None:
    """No file beside the database, and not a byte of it changed."""
    stranger.get("/health")
    files, content = sorted(config.data_dir.iterdir()), (config.data_dir / "oboegaki.db").read_bytes()
    reply = stranger.get("/health")
    assert (reply.status_code, reply.json) == (200, {"status": "ok"})
    assert sorted(config.data_dir.iterdir()) == files
    assert (config.data_dir / "oboegaki.db").read_bytes() == content


def test_health_is_bad_when_the_disk_is_full(stranger: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The right to write alone does not reach the disk: the file beside the database does."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert stranger.get("/health").status_code == 507


def test_health_is_bad_when_the_folder_is_gone(stranger: Browser, config: Config) -> None:
    """As with a volume that was taken away under a running server."""
    config.data_dir.rename(config.data_dir.with_name("moved"))
    assert stranger.get("/health").status_code >= 500


def test_health_is_good_while_another_writes(
    stranger: Browser, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import of a large library may hold the database for longer than an engine waits for the reply."""
    monkeypatch.setattr(db, "_PROBE_SECONDS", 0.1)
    with FileLock(config.data_dir / "write.lock").held():
        assert stranger.get("/health").status_code == 200
