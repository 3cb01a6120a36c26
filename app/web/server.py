"""Server: other accounts, the doctor, backups. For the administrator alone; to everybody else there is nothing here."""

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from app import accounts, backups, closing, logins
from app.doctor import Finding, Seen, State, bytes_in_words, examine
from app.errors import OboegakiError, RefusedError
from app.learner import Learner
from app.models import User
from app.names import checked_name
from app.passwords import PasswordHash, hashed
from app.web import forms
from app.web.context import config, database, done_reading, learner, now, reading
from app.web.errors import sentence
from app.web.forms import Form

blueprint = Blueprint("server", __name__, url_prefix="/server")
blueprint.add_app_template_filter(bytes_in_words, "size")


@blueprint.before_app_request
def administrators_only() -> None:
    """Answer everybody else as if no address below /server existed, whatever the request."""
    below = request.path == "/server" or request.path.startswith("/server/")
    if below and not (current_user.is_authenticated and learner().is_admin):
        abort(404)


@blueprint.get("/accounts")
def list_accounts() -> ResponseReturnValue:
    """All accounts, and the form for another one."""
    return _accounts_page(Form("user"))


@blueprint.post("/accounts")
def add_account() -> ResponseReturnValue:
    """Make an account for another person."""
    form = forms.sent("user")
    with form.blaming("user_name"):
        checked_name(form.text("user_name"))
    with form.blaming("user_password"):
        done_reading()
        password = hashed(form.text("user_password"), form.text("user_name"))
    with form.blaming("user_name"):
        if not form.errors:
            return _added(form, password)
    return form.refused(_accounts_page(form))


def _added(form: Form, password: PasswordHash) -> ResponseReturnValue:
    with database().writing() as session:
        added = accounts.add_user(
            session,
            form.text("user_name"),
            password,
            is_admin=form.text("is_admin") == "yes",
            time_zone=learner().time_zone,
            language="",
            now=now(),
        )
    flash(gettext("The account %(name)s is made.", name=added.name))
    return redirect(url_for("server.list_accounts"))


@blueprint.get("/account")
def show_account() -> ResponseReturnValue:
    """One account of another person."""
    return _account_page(_named(reading()))


@blueprint.post("/account/password")
def set_password() -> ResponseReturnValue:
    """Give another account a new password; all its devices have to log in again."""
    named, form = _another(reading()), forms.sent("password")
    with form.blaming("new"):
        done_reading()
        password = hashed(form.text("new"), named.name)
        with database().writing() as session:
            accounts.set_password(session, named.name, password)
        flash(gettext("%(name)s has a new password and has to log in again on every device.", name=named.name))
        return redirect(url_for("server.show_account", name=named.name))
    return form.refused(_account_page(named, password=form))


@blueprint.post("/account/deletion")
def delete_account() -> ResponseReturnValue:
    """Delete another account with everything that is only its own, once its name is typed."""
    named, form = _another(reading()), forms.sent("deletion")
    with form.blaming("typed_name"):
        done_reading()
        with database().writing() as session:
            closing.delete_account(session, named, form.text("typed_name"), now())
        flash(gettext("The account %(name)s and all its progress are deleted.", name=named.name))
        return redirect(url_for("server.list_accounts"))
    return form.refused(_account_page(named, deletion=form))


@blueprint.get("/doctor")
def doctor() -> ResponseReturnValue:
    """What `oboegaki doctor` finds, the worst first, and what the proxies in front of this request sent."""
    seen = Seen(dict(request.headers), request.remote_addr or "")
    found = examine(config(), database(), now(), seen)
    worst_first = sorted(found, key=lambda finding: (State.BAD, State.WARNING, State.OK).index(finding.state))
    return render_template("server/doctor.html", findings=worst_first)


@blueprint.get("/backups")
def list_backups() -> ResponseReturnValue:
    """The backups there are."""
    return _backups_page("")


@blueprint.post("/backups")
def make_backup() -> ResponseReturnValue:
    """Make a backup now."""
    done_reading()
    try:
        made = backups.make_backup(config(), now())
    except OboegakiError as error:
        return _backups_page(sentence(error)), error.status if isinstance(error, RefusedError) else 500
    flash(
        gettext(
            "The backup is made and checked: %(file)s, %(size)s.", file=made.file.name, size=bytes_in_words(made.size)
        )
    )
    return redirect(url_for("server.list_backups"))


@blueprint.get("/backups/<name>")
def download_backup(name: str) -> ResponseReturnValue:
    """A backup as a file; it holds everybody's everything, so nobody on the way may keep it."""
    file = backups.find_backup(backups.backups_folder(config()), name)
    answer = send_file(file, "application/vnd.sqlite3", as_attachment=True, download_name=name, etag=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/backups/<name>/verification")
def verify_backup(name: str) -> ResponseReturnValue:
    """Check a backup: its checksum, every page, every key."""
    file = backups.find_backup(backups.backups_folder(config()), name)
    done_reading()
    try:
        found = backups.verify(file).contents
    except OboegakiError as error:
        return _backups_page(sentence(error)), error.status
    flash(
        gettext(
            "%(file)s is sound: accounts %(accounts)s, cards %(cards)s, answers %(reviews)s.",
            file=name,
            accounts=found.accounts,
            cards=found.cards,
            reviews=found.reviews,
        )
    )
    return redirect(url_for("server.list_backups"))


@blueprint.app_template_filter()
def in_words(finding: Finding) -> dict[str, str]:
    """A finding in the language of the page."""
    return {
        "name": gettext(finding.name),
        "sentence": gettext(finding.sentence) % finding.details,
        "remedy": gettext(finding.remedy) % finding.details if finding.remedy else "",
    }


def _named(session: Session) -> Learner:
    """The account that the address names; raises NotFoundError where there is none of that name."""
    found = session.get_one(User, accounts.id_of(session, request.args.get("name", "")))
    return logins.learner_of(found)


def _another(session: Session) -> Learner:
    """The same; one's own account is changed where the present password is asked for."""
    named = _named(session)
    if named.id == learner().id:
        raise RefusedError("This is your own account; change it under Account. Nothing was changed")
    return named


def _accounts_page(form: Form) -> str:
    return render_template(
        "server/accounts.html", accounts=accounts.list_users(reading(), now()), user_form=form, me=learner().name
    )


def _account_page(named: Learner, **sent: Form) -> str:
    return render_template(
        "server/account.html",
        named=named,
        own=named.id == learner().id,
        **{f"{name}_form": sent.get(name) or Form(name) for name in ("password", "deletion")},
    )


def _backups_page(error: str) -> str:
    folder = backups.backups_folder(config())
    newest_first = [] if config().database_file is None else backups.backups_in(folder)
    return render_template(
        "server/backups.html",
        backups=newest_first,
        folder=folder,
        error=error,
        is_possible=config().database_file is not None,
    )
