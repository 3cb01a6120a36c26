"""Deck files into the database: a plan that anybody can look at, one transaction, and undo as a whole.

The page, the command, the start and the look at the cards folder all come through here. Nothing is ever written
into the learner's files, and an edit never costs progress.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app import clock, media
from app.config import Config
from app.db import Database
from app.errors import RefusedError, StaleError
from app.importing import known, streamed
from app.importing.checked import checked
from app.importing.folder import CardsFolder, folder_state, from_folder, from_part, from_path
from app.importing.gallery import Gallery
from app.importing.known import KnownNote
from app.importing.plan import FilePlan, Plan, Request
from app.importing.planner import Planner, make, name_apart
from app.importing.report import ImportReport, State, from_json
from app.importing.shelf import Shelf
from app.importing.sources import SourceFile, Sources
from app.importing.undoing import newest, undo
from app.importing.writing import Writer
from app.models import Import, ImportChange
from app.owners import of_owner

__all__ = [
    "CardsFolder",
    "ImportReport",
    "Plan",
    "Request",
    "SourceFile",
    "Sources",
    "apply",
    "checked",
    "folder_state",
    "from_folder",
    "from_json",
    "from_part",
    "from_path",
    "import_files",
    "last_import",
    "make",
    "newest",
    "run",
    "undo",
]


def run(database: Database, config: Config, *, user_id: int | None = None, asked: bool = False) -> ImportReport:
    """Import the shared library from the cards folder. `user_id`: who asked for it; None: the server itself."""
    request = Request(owner_id=None, root=str(config.cards_dir), whole=True, asked=asked)
    return import_files(database, from_folder(config.cards_dir), request, user_id)


def import_files(
    database: Database, sources: Sources, request: Request, user_id: int | None, now: datetime | None = None
) -> ImportReport:
    """Plan an import and carry it out; a plan that others were quicker than is made again from the same `sources`."""
    moment = now or clock.now()
    with database.reading() as session:
        is_first = not known.has_notes(session, request.owner_id)
        _refuse_emptying(session, sources, request)
        plan = None if is_first else make(session, sources, request)
    if plan is not None and not _has_work(plan):
        return plan.report()
    with database.writing() as session:
        if plan is None and not known.has_notes(session, request.owner_id):
            return _first_import(session, sources, request, user_id, moment)
        if plan is None or known.decks(session, request.owner_id) != plan.decks:
            _refuse_emptying(session, sources, request)
            plan = make(session, sources, request)
        return apply(session, plan, sources, user_id, moment)


def apply(session: Session, plan: Plan, sources: Sources, user_id: int | None, now: datetime) -> ImportReport:
    """Write a plan in the caller's transaction; raises StaleError when the decks changed since it was made."""
    if known.decks(session, plan.owner_id) != plan.decks:
        raise StaleError("The decks changed after this plan was made; nothing was imported. Look at the new plan")
    import_id = _begin(session, plan.owner_id, plan.root, user_id, now)
    bench = _bench(session, plan, sources, import_id, now)
    for file in plan.files:
        _place(bench, file, plan.known)
    _put_away(bench, plan.files)
    return _finish(session, import_id, plan.report())


class _Bench(NamedTuple):
    """What an import works with: decks, notes, and what notes show."""

    shelf: Shelf
    writer: Writer
    gallery: Gallery


def _bench(session: Session, plan: Plan, sources: Sources, import_id: int, now: datetime) -> _Bench:
    return _Bench(
        Shelf(session, plan, import_id, now),
        Writer(session, import_id, now),
        Gallery(session, sources, import_id, plan.links),
    )


def _place(bench: _Bench, file: FilePlan, notes: dict[int, KnownNote]) -> None:
    """Write one file's notes into its deck; `notes` are those that are known, by id."""
    if file.state is State.READ:
        deck_id = bench.shelf.deck_of(file)
        bench.writer.write(file, deck_id, notes)
        bench.gallery.hang(deck_id, file.shows)
    elif file.state is State.MISSING and file.was is not None:
        bench.writer.write(file, file.was.id, notes)
    else:
        bench.shelf.note(file)


def _put_away(bench: _Bench, files: list[FilePlan]) -> None:
    """Retire the decks of files that are gone, take down what no deck shows any more, and put all decks in order."""
    for file in files:
        if file.was is not None and file.state in (State.READ, State.MISSING):
            bench.gallery.take_down(file.was.id)
        if file.was is not None and file.state is State.MISSING:
            bench.shelf.retire(file.was)
    bench.shelf.arrange()


def _refuse_emptying(session: Session, sources: Sources, request: Request) -> None:
    """Refuse to retire a whole library because its folder came up empty: more often it is not mounted."""
    if request.asked or not request.whole or next(iter(sources), None) is not None:
        return
    if any(deck.file is not None and deck.retired_at is None for deck in known.decks(session, request.owner_id)):
        raise RefusedError(
            "%(folder)s: the folder holds no deck files, but the library has notes, which were kept; "
            "check that the folder is mounted, or import it by hand to retire them",
            folder=request.root,
        )


def last_import(session: Session, owner_id: int) -> Any:
    """The newest import of the library and an owner's decks that stands, with its id and moment; None without one."""
    theirs = or_(of_owner(None, Import), of_owner(owner_id, Import))
    stands = and_(theirs, Import.undone_at.is_(None))
    return session.execute(select(Import.id, Import.at).where(stands).order_by(Import.id.desc()).limit(1)).first()


def _has_work(plan: Plan) -> bool:
    return any(file.returned or file.state in (State.READ, State.MISSING, State.UNREADABLE) for file in plan.files)


def _first_import(
    session: Session, sources: Sources, request: Request, user_id: int | None, now: datetime
) -> ImportReport:
    """Import file after file where no note is known: memory does not grow with the files, nor with a large one."""
    import_id = _begin(session, request.owner_id, request.root, user_id, now)
    planner = Planner(session, sources, request)
    bench = _bench(session, planner.plan, sources, import_id, now)
    report, makers = ImportReport(request.root), dict[str, str]()
    for source in sources:
        file = planner.begin(source)
        name_apart(file, makers)
        if file.stream is not None:
            streamed.write(file, file.stream, *bench, planner)
        else:
            file.added = range(len(file.notes))
            _place(bench, file, {})
        report.add(planner.plan.report_of(file))
    gone = planner.missing()
    _put_away(bench, gone)
    for file in gone:
        report.add(planner.plan.report_of(file))
    report.leave_out(planner.left_out())
    return _finish(session, import_id, report)


def _begin(session: Session, owner_id: int | None, root: str, user_id: int | None, now: datetime) -> int:
    values: dict[str, Any] = {
        "at": now,
        "user_id": user_id,
        "owner_id": owner_id,
        "root": root,
        "report": {},
        "undone_at": None,
    }
    return session.execute(insert(Import).values(values).returning(Import.id)).scalar_one()


def _finish(session: Session, import_id: int, report: ImportReport) -> ImportReport:
    """Keep the report with the import; an import that changed nothing leaves nothing behind."""
    changes = select(func.count()).where(ImportChange.import_id == import_id)
    if not session.execute(changes).scalar_one():
        session.execute(delete(Import).where(Import.id == import_id))
        return report
    media.collect(session)
    report.import_id = import_id
    session.execute(update(Import).where(Import.id == import_id).values(report=report.as_json()))
    return report
