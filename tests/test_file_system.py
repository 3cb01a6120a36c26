"""Which file system a folder is on, read from lists of mounts as kernels write them."""

from pathlib import Path

import pytest

from app.file_system import MOUNTS, NETWORK, Mount, mount_of

LIST = """\
21 26 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw
26 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
40 26 0:35 / /srv rw,relatime - nfs4 nas:/export rw,vers=4.2
41 40 254:3 / /srv/disk rw,relatime shared:7 master:2 - xfs /dev/sdb1 rw
42 26 0:44 / /mnt/with\\040space\\134and\\011more rw - cifs //nas/share rw
43 26 0:45 / /over rw - nfs nas:/old rw
44 43 254:4 / /over rw - btrfs /dev/sdc rw
a line that the kernel never wrote
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    """A list of mounts."""
    file = tmp_path / "mountinfo"
    file.write_text(LIST)
    return file


@pytest.mark.parametrize(
    ("folder", "point", "kind"),
    [
        ("/", "/", "ext4"),
        ("/var/lib/oboegaki", "/", "ext4"),
        ("/srv", "/srv", "nfs4"),
        ("/srv/oboegaki", "/srv", "nfs4"),
        ("/srv/disk/oboegaki", "/srv/disk", "xfs"),
        ("/srvx", "/", "ext4"),
        ("/mnt/with space\\and\tmore/data", "/mnt/with space\\and\tmore", "cifs"),
        ("/over/data", "/over", "btrfs"),
    ],
)
def test_the_deepest_and_last_mount_counts(mounts: Path, folder: str, point: str, kind: str) -> None:
    assert mount_of(Path(folder), mounts) == Mount(Path(point), kind)


def test_links_are_followed(mounts: Path, tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to("/srv/oboegaki")
    assert mount_of(tmp_path / "data", mounts) == Mount(Path("/srv"), "nfs4")


def test_where_there_is_no_list_nothing_is_known(tmp_path: Path) -> None:
    assert mount_of(tmp_path, tmp_path / "none") is None


def test_this_machines_own_list_is_read(tmp_path: Path) -> None:
    found = mount_of(tmp_path, MOUNTS)
    assert found is not None
    assert found.type not in NETWORK
    assert tmp_path.is_relative_to(found.point)
