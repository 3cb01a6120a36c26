"""Deck files into the database: a plan that anybody can look at, one transaction, and undo as a whole.

The page, the command, the start and the look at the cards folder all come through here. Nothing is ever written
into the learner's files, and an edit never costs progress.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app import clock
from app.config import Config
from app.db import Database
from app.errors import RefusedError, StaleError
from app.importing import known
from app.importing.plan import Plan, Planner, Request, make, name_apart
from app.importing.report import ImportReport, State, from_json
from app.importing.shelf import Shelf
from app.importing.sources import SourceFile, folder_state, from_folder, from_part, from_path
from app.importing.undoing import newest, undo
from app.importing.writing import Writer
from app.models import Import, ImportChange

__all__ = [
    "ImportReport",
    "Plan",
    "Request",
    "SourceFile",
    "apply",
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
    return import_files(database, lambda: from_folder(config.cards_dir), request, user_id)


def import_files(
    database: Database,
    files: Callable[[], Iterable[SourceFile]],
    request: Request,
    user_id: int | None,
    now: datetime | None = None,
) -> ImportReport:
    """Plan an import and carry it out; `files` gives the deck files, again each time it is called."""
    moment = now or clock.now()
    with database.reading() as session:
        is_first = not known.has_notes(session, request.owner_id)
        plan = None if is_first else make(session, files(), request)
    if plan is not None:
        refuse_emptying(plan, request)
        if not _has_work(plan):
            return plan.report()
    with database.writing() as session:
        if plan is None and not known.has_notes(session, request.owner_id):
            return _first_import(session, files(), request, user_id, moment)
        if plan is None or known.decks(session, request.owner_id) != plan.decks:
            plan = make(session, files(), request)
        return apply(session, plan, user_id, moment)


def apply(session: Session, plan: Plan, user_id: int | None, now: datetime) -> ImportReport:
    """Write a plan in the caller's transaction; raises StaleError when the decks changed since it was made."""
    if known.decks(session, plan.owner_id) != plan.decks:
        raise StaleError("The decks changed after this plan was made; nothing was imported. Look at the new plan")
    import_id = _begin(session, plan.owner_id, plan.root, user_id, now)
    shelf, writer = Shelf(session, plan, import_id, now), Writer(session, import_id, now)
    for file in plan.files:
        if file.state is State.READ:
            writer.write(file, shelf.deck_of(file), plan.known)
        elif file.state is State.MISSING and file.was is not None:
            writer.write(file, file.was.id, plan.known)
        else:
            shelf.note(file)
    for file in plan.files:
        if file.state is State.MISSING and file.was is not None:
            shelf.retire(file.was)
    shelf.arrange()
    return _finish(session, import_id, plan.report())


def refuse_emptying(plan: Plan, request: Request) -> None:
    """Refuse to retire a whole library because its folder came up empty: more often it is not mounted."""
    empties = request.whole and plan.files and all(file.state is State.MISSING for file in plan.files)
    if empties and not request.asked:
        raise RefusedError(
            "%(folder)s: the folder holds no deck files, but the library has notes, which were kept; "
            "check that the folder is mounted, or import it by hand to retire them",
            folder=request.root,
        )


def last_import(session: Session, owner_id: int | None = None) -> Any:
    """The newest import of the library or of an owner's decks, with its id and moment; None when there was none."""
    mine = Import.owner_id.is_(None) if owner_id is None else Import.owner_id == owner_id
    return session.execute(select(Import.id, Import.at).where(mine).order_by(Import.id.desc()).limit(1)).first()


def _has_work(plan: Plan) -> bool:
    return any(file.returned or file.state in (State.READ, State.MISSING, State.UNREADABLE) for file in plan.files)


def _first_import(
    session: Session, files: Iterable[SourceFile], request: Request, user_id: int | None, now: datetime
) -> ImportReport:
    """Import file after file where nothing is known that could be matched: memory does not grow with the files."""
    import_id = _begin(session, request.owner_id, request.root, user_id, now)
    planner = Planner(session, request)
    shelf, writer = Shelf(session, planner.plan, import_id, now), Writer(session, import_id, now)
    report, makers = ImportReport(request.root), dict[str, str]()
    for source in files:
        file = planner.read(source)
        name_apart(file, makers)
        if file.state is State.READ:
            file.added = range(len(file.notes))
            writer.write(file, shelf.deck_of(file), {})
        report.add(planner.plan.report_of(file))
    shelf.arrange()
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
    report.import_id = import_id
    session.execute(update(Import).where(Import.id == import_id).values(report=report.as_json()))
    return report
