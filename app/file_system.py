"""Which file system a folder is on, as the kernel lists them: a network one is no place for SQLite."""

import re
from pathlib import Path
from typing import NamedTuple

MOUNTS = Path("/proc/self/mountinfo")
"""The kernel's list of mounts, as proc_pid_mountinfo(5) has it."""

NETWORK = frozenset(
    (
        *(
            "9p",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "coda",
            "davfs",
            "gfs2",
            "glusterfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs4",
        ),
        *("ocfs2", "orangefs", "smb", "smb2", "smb3", "smbfs", "fuse.cephfs", "fuse.davfs", "fuse.davfs2"),
        *("fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    )
)
"""File systems that other machines share: SQLite's locks and its shared memory do not hold there."""
SHARED_BY_HOST = frozenset(
    ("fakeowner", "fuse.grpcfuse", "fuse.osxfs", "fuse.vmhgfs-fuse", "vboxsf", "virtiofs", "vmhgfs")
)
"""Folders that a host lends to a virtual machine, as Docker Desktop does for bind mounts."""
PASSING = frozenset(("aufs", "overlay", "ramfs", "tmpfs"))
"""File systems that are gone with the container or the machine's next start."""


class Mount(NamedTuple):
    """Where a file system is mounted, and of which type it is."""

    point: Path
    type: str


def mount_of(folder: Path, mounts: Path = MOUNTS) -> Mount | None:
    """The mount that a folder is on; None where the kernel has no such list."""
    try:
        listed = mounts.read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    place = folder.resolve()
    above = [mount for mount in map(_mount, listed.splitlines()) if mount and place.is_relative_to(mount.point)]
    deepest = max((len(mount.point.parts) for mount in above), default=0)
    return next((mount for mount in reversed(above) if len(mount.point.parts) == deepest), None)


def _mount(line: str) -> Mount | None:
    """A line of the list; the optional fields before the dash vary in number."""
    before, dash, after = line.partition(" - ")
    fields = before.split(" ")
    if not dash or len(fields) < 5:
        return None
    return Mount(Path(_plain(fields[4])), after.split(" ")[0])


def _plain(field: str) -> str:
    """A path as it is: the kernel writes space, tab, line feed and backslash as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
