"""Backups under load, the tar of the stopped volume, and upgrades, each by the README's own commands.

Shown able to fail: a backup is held against what was acknowledged only after it was made, and the comparison says
what it does not have; a volume that needs no migration gets no backup from the start of two containers.
"""

import re
from contextlib import closing
from pathlib import Path
from shutil import copy2, copyfile
from uuid import UUID

import pysqlite3
import pytest

from app.schema import revisions
from tests.containers.conftest import NewStack
from tests.containers.drilled import SEED, Drilled, back_up
from tests.containers.stack import Stack
from tests.drills.clients import log_in_all
from tests.drills.ledger import Ledger
from tests.drills.server import Site
from tests.readme import told

_ANSWERS = 40
_BACKUPS = 3
_NOW = revisions()[-1]
_NEWER = f"{int(_NOW) + 1:04}"
_MIGRATION = f'''"""One column more, for the drill of an upgrade."""

import sqlalchemy as sa
from alembic import op

revision = "{_NEWER}"
down_revision = "{_NOW}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("decks", sa.Column("remark", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("decks", "remark")
'''


def do(stack: Stack, command: str) -> str:
    """A line of the README, typed in the clone; what it printed."""
    return stack.shell(command)


def make_newer(stack: Stack) -> None:
    """Let the clone be that of a later version: one more migration."""
    (stack.tree / f"migrations/versions/{_NEWER}_one_column_more.py").write_text(_MIGRATION)


def revision_of(file: Path) -> str:
    """The schema's revision of a database."""
    with closing(pysqlite3.connect(f"file:{file}?immutable=1", uri=True)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def in_this_schema(file: Path, folder: Path) -> Path:
    """A copy of a newer database in the older schema, so that this program can look at it."""
    copyfile(file, copy := folder / "older.db")
    with closing(pysqlite3.connect(copy)) as connection:
        connection.execute("ALTER TABLE decks DROP COLUMN remark")
        connection.execute("UPDATE alembic_version SET version_num = ?", (_NOW,))
        connection.commit()
    return copy


def backups_in(stack: Stack) -> set[str]:
    """The names of the backups that lie in the volume."""
    return {name for name in stack.execute("app", "ls", "/data/backups").split() if name.endswith(".db")}


def taken_out(stack: Stack, name: str, folder: Path) -> Path:
    """A copy of a backup of the volume."""
    stack.compose("cp", f"app:/data/backups/{name}", str(folder / name))
    return folder / name


def test_backups_under_load_hold_all_that_was_acknowledged_and_are_put_back_on_an_empty_volume(
    drilled: Drilled, new_stack: NewStack, capsys: pytest.CaptureFixture[str]
) -> None:
    """By `make backup` here, and `make restore` in a fresh clone elsewhere that was never up."""
    made: list[tuple[Path, set[UUID]]] = []

    def back_up() -> None:
        for _ in range(_BACKUPS):
            drilled.ledger.wait_for(len(drilled.ledger.acknowledged) + _ANSWERS)
            known = set(drilled.ledger.acknowledged)
            made.append((back_up_as_told(drilled.stack), known))

    drilled.answer_during(back_up)
    for file, known in made:
        assert drilled.look_into(file, known).sound
    assert drilled.look_into(made[0][0]).lost, "no answer came after the first backup: this drill shows nothing"

    elsewhere, (file, known) = new_stack(), made[-1]
    restored = next(line for line in restore_as_told(elsewhere, file) if line.startswith("Restored "))
    with capsys.disabled():
        print(f"\nbackup under load: seed {SEED}, {len(made)} backups, {len(known)} answers in the last; {restored}")
    assert drilled.look_into(back_up_as_told(elsewhere), known).sound
    site = Site(drilled.site.config, {}, drilled.site.learners, drilled.site.cards, elsewhere.port, drilled.folder)
    again = log_in_all(site, Ledger())
    assert again[0].answer(site.cards[-1], 4).status in (200, 409)


def back_up_as_told(stack: Stack) -> Path:
    """`make backup`, as the README has it."""
    (command,) = [line for line in told("make restore FILE=") if line.startswith("make backup")]
    return stack.tree / do(stack, command).splitlines()[-1]


def restore_as_told(stack: Stack, backup: Path) -> list[str]:
    """Bring a backup to a clone and put it back there, as the README has it; the lines that this printed."""
    (command,) = [line for line in told("make restore FILE=") if line.startswith("make restore")]
    (stack.tree / "backups").mkdir()
    for file in (backup, backup.with_name(f"{backup.name}.sha256")):
        copy2(file, stack.tree / "backups")
    named = re.sub(r"FILE=\S+", f"FILE=backups/{backup.name}", command)
    return do(stack, named).splitlines()


def test_the_tar_of_a_stopped_volume_comes_up_elsewhere_with_a_newer_image_which_two_containers_migrate_once(
    drilled: Drilled, new_stack: NewStack, tmp_path: Path
) -> None:
    """The backup before the migration is made once, too, and holds everything in the older schema."""
    stop, pack, unpack, start = told("docker compose stop app")
    before = backups_in(drilled.stack)
    do(drilled.stack, f"{stop}\n{pack}")
    do(drilled.stack, start)
    newer = new_stack()
    make_newer(newer)
    copy2(drilled.stack.tree / "volume.tar", newer.tree)
    do(newer, unpack)
    newer.compose("up", "--detach", "--wait", "--no-deps", "--scale", "app=2", "app")
    assert len(newer.compose("ps", "--quiet", "app").split()) == 2
    (made,) = backups_in(newer) - before
    older = taken_out(newer, made, tmp_path)
    assert revision_of(older) == _NOW
    assert drilled.look_into(older).sound
    brought_up = back_up(newer)
    assert revision_of(brought_up) == _NEWER
    assert drilled.look_into(in_this_schema(brought_up, tmp_path)).sound

    newer.compose("restart", "app")
    newer.compose("up", "--detach", "--wait", "--no-deps", "--scale", "app=2", "app")
    assert len(backups_in(newer) - before) == 2, "one before the migration, one of this test, none for a start"


def test_make_upgrade_backs_up_brings_the_data_up_to_date_and_loses_nothing(drilled: Drilled, tmp_path: Path) -> None:
    """Twice: by `make upgrade` before anything is stopped, and before the migration. Devices stay logged in."""
    stack, before = drilled.stack, backups_in(drilled.stack)
    make_newer(stack)
    drilled.answer(2)
    lines = stack.make("upgrade").splitlines()
    drilled.answer(2)
    by_make = next(line for line in lines if line.startswith("backups/"))
    (by_the_start,) = backups_in(stack) - before - {Path(by_make).name}
    assert revision_of(stack.tree / by_make) == _NOW
    assert revision_of(taken_out(stack, by_the_start, tmp_path)) == _NOW
    now = back_up(stack)
    assert revision_of(now) == _NEWER
    assert drilled.look_into(in_this_schema(now, tmp_path)).sound
    assert lines[-1] == f"Oboegaki is at {stack.address}/"
