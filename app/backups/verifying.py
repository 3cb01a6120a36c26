"""Whether a backup would do if it were needed now."""

import os
from pathlib import Path
from typing import NamedTuple

from app.backups.files import checksum_file, sha256_of
from app.backups.inside import Contents, check_keys, check_pages, contents_of, opened
from app.errors import NotFoundError, OboegakiError


class Verified(NamedTuple):
    """What a sound backup holds. `has_checksum`: the SHA-256 beside it is the file's own; False: none is there."""

    file: Path
    contents: Contents
    sha256: str
    has_checksum: bool


def verify(file: Path) -> Verified:
    """Compare the checksum, look at every page and key, and count. Raises OboegakiError with what is wrong."""
    _refuse_half(file)
    try:
        digest = sha256_of(file)
    except OSError as error:
        raise NotFoundError(
            "%(file)s: the backup cannot be read (%(reason)s); check the path", file=str(file), reason=error.strerror
        ) from None
    has_checksum = _compare(file, digest)
    with opened(file) as connection:
        check_pages(connection, file)
        check_keys(connection, file)
        return Verified(file, contents_of(connection), digest, has_checksum)


def _refuse_half(file: Path) -> None:
    """A live database's file without its log lacks what was written last."""
    for log in (file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-journal")):
        if log.exists() and log.stat().st_size:
            raise OboegakiError(
                "%(file)s: with %(log)s beside it this file alone is not whole; "
                'make a backup with "oboegaki data backup" and use that',
                file=str(file),
                log=log.name,
            )


def _compare(file: Path, digest: str) -> bool:
    """Whether the checksum beside a backup is its own; False where there is none. Another one is an error."""
    try:
        written = checksum_file(file).read_bytes()
    except FileNotFoundError:
        return False
    if written.split()[:1] != [os.fsencode(digest)]:
        raise OboegakiError(
            "%(file)s: its checksum is not the one written beside it, so it was damaged or changed; use another backup",
            file=str(file),
        )
    return True
