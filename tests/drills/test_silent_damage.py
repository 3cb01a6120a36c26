"""Silent damage: `oboegaki data check` finds every seeded fault, changes nothing, and mends only when asked.

Taking any of the looks out of `app.checking` leaves the faults of its group unfound, and the drill turns red: the last
test does so with each group in turn.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from uuid import UUID

import pysqlite3
import pytest
from click.testing import CliRunner, Result

from app import logins, setaside, study
from app.cards import load_one
from app.checking import log, pages, people, places, schema, texts
from app.cli.data import data
from app.config import from_environment
from app.db import Database
from app.renderings import Renderings
from tests.conftest import NOW, add_learner
from tests.drills import faults
from tests.drills.faults import Seeded
from tests.importing.library_folder import Folder
from tests.library import days, give

_DOCKER = (
    ("What starts a container?", "docker container start"),
    ("What stops one?", "docker container stop"),
    ("What lists images?", "docker image ls"),
    ("What removes one?", "docker image rm"),
)
_GONE = "\nQ: gone?\nA: soon\n"
_FILES = {
    "docker.md": "\n".join(f"Q: {question}\nA: {answer}\n" for question, answer in _DOCKER),
    "layers.md": "C: [One], [two] and [three] layers.\n\nT: image\nD: template\n" + _GONE,
}


def learn(folder: Folder) -> None:
    """Two learners, three kinds of notes, a retired note; answers, an undo, a reset, a suspended card, a login."""
    for file, text in _FILES.items():
        folder.write(file, text)
    folder.run()
    with folder.database.writing() as session:
        learner, other = folder.learner, add_learner(session, "taro")
        for day, grade in enumerate((4, 5)):
            give(session, learner, 1, grade, NOW - days(1 - day))
        give(session, learner, 2, 2)
        undone = give(session, learner, 3, 5)
        study.undo(session, learner, undone.review_id, UUID(int=1), NOW + days(1))
        setaside.suspend(session, learner, 5)
        for card in (1, 2, 7):
            give(session, other, card, 3)
        study.reset(session, other, 7, UUID(int=2), NOW + days(1))
        renderings = Renderings()
        renderings.question(session, load_one(session, learner, 1))
        renderings.store(session)
        logins.make_login(session, learner.id, "Firefox", NOW)
    folder.write("layers.md", _FILES["layers.md"].removesuffix(_GONE))
    folder.run()


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database that people learnt with, closed, everything in it."""
    folder = tmp_path_factory.mktemp("learnt")
    (folder / "cards").mkdir()
    config = from_environment({"OBOEGAKI_DATA_DIR": str(folder), "OBOEGAKI_CARDS_DIR": str(folder / "cards")})
    database = Database(config)
    database.migrate()
    learn(Folder(database, config))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return folder / "oboegaki.db"


@pytest.fixture
def file(learnt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that file, which the command finds."""
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(tmp_path))
    return Path(copyfile(learnt, tmp_path / "oboegaki.db"))


def check(*options: str) -> Result:
    """What the command did; a traceback is no answer."""
    result = CliRunner().invoke(data, ["check", *options])
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


def said(seeded: Seeded, result: Result) -> bool:
    """Whether a check speaks of the fault, in a whole sentence."""
    found = json.loads(result.stdout)["faults"]
    return any(
        one["place"].startswith(seeded.place) and seeded.problem in one["problem"] and "oboegaki " in one["remedy"]
        for one in found
    )


def reviews(file: Path) -> str:
    """The hash of all reviews."""
    connection = pysqlite3.connect(str(file))
    rows = connection.execute("SELECT * FROM reviews NOT INDEXED ORDER BY rowid").fetchall()
    connection.close()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_what_the_program_wrote_has_no_fault(file: Path) -> None:
    assert json.loads(check("--json").stdout) == {
        "schedules": 7,
        "reviews": 9,
        "more": 0,
        "faults": [],
        "repaired": [],
    }
    assert file.exists()


def test_there_are_more_than_twenty_faults_and_no_two_alike() -> None:
    assert len({seeded.name for seeded in faults.ALL}) == len(faults.ALL) > 20


def test_the_readme_gives_the_figures() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    kinds, mended = len(faults.ALL), sum(seeded.repairable for seeded in faults.ALL)
    assert f"{kinds} of {kinds} kinds found, {mended} mended by `--repair`, 0 reviews touched" in readme


@pytest.mark.parametrize("seeded", faults.ALL, ids=lambda one: one.name)
def test_a_seeded_fault_is_found_and_nothing_is_changed(file: Path, seeded: Seeded) -> None:
    seeded.spoil(file)
    before = file.read_bytes()
    result = check("--json")
    assert said(seeded, result), result.stdout
    assert result.exit_code == 1
    assert file.read_bytes() == before


@pytest.mark.parametrize("seeded", [one for one in faults.ALL if one.repairable], ids=lambda one: one.name)
def test_a_repair_takes_a_fault_of_derived_rows_away_and_touches_no_review(file: Path, seeded: Seeded) -> None:
    seeded.spoil(file)
    before = reviews(file)
    result = check("--repair", "--json")
    assert (json.loads(result.stdout)["faults"], result.exit_code) == ([], 0)
    assert json.loads(result.stdout)["repaired"]
    assert json.loads(check("--json").stdout)["faults"] == []
    assert reviews(file) == before


@pytest.mark.parametrize("seeded", [one for one in faults.ALL if not one.repairable], ids=lambda one: one.name)
def test_a_repair_leaves_what_only_a_backup_holds(file: Path, seeded: Seeded) -> None:
    seeded.spoil(file)
    content = file.read_bytes() if seeded in faults.STRUCTURE else b""
    before = "" if content else reviews(file)
    result = check("--repair", "--json")
    assert said(seeded, result), result.stdout
    assert result.exit_code == 1
    assert all("restore" in one["remedy"] for one in json.loads(result.stdout)["faults"])
    if content:
        assert file.read_bytes() == content
    else:
        assert reviews(file) == before


def test_all_repairable_faults_at_once_are_mended(file: Path) -> None:
    before = reviews(file)
    for seeded in (*faults.SCHEDULES[:5], *faults.PLACES, *faults.OTHERS[:3], *faults.STRUCTURE[2:6]):
        seeded.spoil(file)
    assert len(json.loads(check("--json").stdout)["faults"]) > 15
    result = check("--repair", "--json")
    assert json.loads(result.stdout)["faults"] == []
    assert reviews(file) == before


@pytest.mark.parametrize(
    ("module", "group"),
    [
        (log, (*faults.SCHEDULES[:-1], *faults.LOGS)),
        (places, faults.PLACES),
        (texts, faults.OTHERS[:2]),
        (people, faults.OTHERS[2:]),
        (schema, faults.STRUCTURE[1:8]),
        (pages, (faults.STRUCTURE[0], faults.STRUCTURE[8])),
    ],
    ids=["log", "places", "texts", "people", "schema", "pages"],
)
def test_the_harness_can_fail(
    file: Path, module: object, group: tuple[Seeded, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "faults", _nothing)
    pristine = file.read_bytes()
    for seeded in group:
        file.write_bytes(pristine)
        seeded.spoil(file)
        assert not said(seeded, check("--json")), seeded.name


def _nothing(*_arguments: object) -> Iterator[object]:
    return iter(())
