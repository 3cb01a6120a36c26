"""Import: the plan by file, what was done, undo. The library is the administrator's; all have decks of their own."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import func, select

from app import importing
from app.errors import NotFoundError, OboegakiError, RefusedError
from app.importing import ImportReport, Request, retiring
from app.importing.report import State
from app.importing.uploads import Upload, from_uploads
from app.models import Import
from app.web.context import config, database, done_reading, learner, now, reading
from app.web.errors import sentence

blueprint = Blueprint("imports", __name__)

_LISTED = 30


@blueprint.get("/imports")
def index() -> ResponseReturnValue:
    """The library's plan for the administrator, the way to own decks for everybody, and the imports so far."""
    me = learner()
    report, fault = _library_plan() if me.is_admin else (None, "")
    return render_template("imports/index.html", report=report, fault=fault, imports=_imports(), error="")


@blueprint.post("/imports")
def create() -> ResponseReturnValue:
    """Import the library from the cards folder, as the plan on the page says."""
    _administrators_only()
    done_reading()
    report = importing.run(database(), config(), user_id=learner().id, asked=True)
    return _done(report)


@blueprint.get("/imports/own")
def own() -> ResponseReturnValue:
    """Where a browser goes that loads the page of a refused upload again: to the page the upload was sent from."""
    return redirect(url_for("imports.index"))


@blueprint.post("/imports/own")
def create_own() -> ResponseReturnValue:
    """Import uploaded files as decks of the learner's own."""
    uploads = [Upload(file.filename or "", file.stream) for file in request.files.getlist("files")]
    try:
        sources = from_uploads(uploads)
    except OboegakiError as error:
        return _refused(sentence(error))
    done_reading()
    me = learner()
    wanted = Request(owner_id=me.id, root=gettext("uploaded files"), whole=False, asked=True)
    report = importing.import_files(database(), sources, wanted, me.id, now())
    if report.import_id is None and any(file.state == State.UNREADABLE for file in report.files):
        return _refused(gettext("No file could be read, so nothing was imported; mend them as it says below."), report)
    return _done(report)


@blueprint.post("/decks/<int:deck_id>/retirement")
def put_away(deck_id: int) -> ResponseReturnValue:
    """Put an own deck away until its file is sent again; the page that follows has the undo."""
    me = learner()
    done_reading()
    with database().writing() as session:
        report = retiring.put_away(session, me.id, deck_id, gettext("uploaded files"), now())
    return _done(report)


def _refused(error: str, refused: ImportReport | None = None) -> ResponseReturnValue:
    page = render_template(
        "imports/index.html", report=None, fault="", imports=_imports(), error=error, refused=refused
    )
    return page, 400


@blueprint.get("/imports/<int:import_id>")
def show(import_id: int) -> ResponseReturnValue:
    """What one import did, and its undo."""
    found = _find(import_id)
    stands = found.undone_at is None and _may_touch(found)
    newest = importing.newest(reading(), found.owner_id) if stands else None
    return render_template(
        "imports/show.html",
        found=found,
        report=importing.from_json(found.report),
        may_undo=newest == found.id,
        first=None if newest == found.id else newest,
    )


@blueprint.post("/imports/<int:import_id>/undo")
def undo(import_id: int) -> ResponseReturnValue:
    """Take an import back as a whole."""
    found = _find(import_id)
    if not _may_touch(found):
        _administrators_only()
    done_reading()
    with database().writing() as session:
        importing.undo(session, import_id, found.owner_id, now())
    flash(gettext("The import is undone; progress made since then is kept."))
    return redirect(url_for("imports.show", import_id=import_id))


def _done(report: ImportReport) -> ResponseReturnValue:
    if report.import_id is None:
        flash(gettext("Nothing has changed since the last import."))
        return redirect(url_for("imports.index"))
    return redirect(url_for("imports.show", import_id=report.import_id))


def _library_plan() -> tuple[ImportReport | None, str]:
    """The plan for the cards folder, or the sentence that says why there is none."""
    request_ = Request(owner_id=None, root=str(config().cards_dir), whole=True, asked=True)
    try:
        return importing.make(reading(), importing.from_folder(config().cards_dir), request_).report(), ""
    except OboegakiError as error:
        return None, sentence(error)


def _imports() -> list[Any]:
    """The last imports of the library and of the learner's own decks, the newest first."""
    files = Import.report["files"]
    named = (func.json_array_length(files).label("files"), files[0]["file"].as_string().label("first"))
    columns = (Import.id, Import.at, Import.owner_id, Import.undone_at, *named)
    mine = Import.owner_id.is_(None) | (Import.owner_id == learner().id)
    query = select(*columns).where(mine).order_by(Import.id.desc()).limit(_LISTED)
    return list(reading().execute(query))


def _find(import_id: int) -> Import:
    found = reading().get(Import, import_id)
    if found is None or found.owner_id not in (None, learner().id):
        raise NotFoundError("There is no import %(number)s; choose one from the list of imports", number=import_id)
    return found


def _may_touch(found: Import) -> bool:
    return found.owner_id is not None or learner().is_admin


def _administrators_only() -> None:
    if not learner().is_admin:
        raise RefusedError("The library belongs to the administrator; nothing was changed. Import decks of your own")
