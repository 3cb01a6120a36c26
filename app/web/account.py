"""Account: settings, password, devices, export, deletion; for the administrator the way to the server's pages."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from app import accounts, closing, logins
from app.account_settings import MOST_PER_DAY, change_settings
from app.learner import Learner
from app.names import checked_name
from app.passwords import checked_password
from app.progress_export import progress_json
from app.web import entrance, forms, time_zones
from app.web.context import database, done_reading, learner, now, reading, streamed, study_day
from app.web.forms import Form
from app.web.language import browser_language

blueprint = Blueprint("account", __name__)
blueprint.add_url_rule("/set-up", "set_up", entrance.set_up, methods=["GET", "POST"])
blueprint.add_url_rule("/log-in", "log_in", entrance.log_in, methods=["GET", "POST"])
blueprint.add_url_rule("/log-out", "log_out", entrance.log_out, methods=["POST"])

_SAFE = ("GET", "HEAD", "OPTIONS")


@blueprint.before_app_request
def note_seen() -> None:
    """Write down now and then that a login is in use: at unsafe requests only, since reading changes nothing."""
    if request.method in _SAFE or not current_user.is_authenticated:
        return
    if current_user.login.is_to_be_noted(now()):
        with _writing() as session:
            logins.note_seen(session, current_user.login_id, now())


@blueprint.get("/account")
def show() -> ResponseReturnValue:
    """All sections of the account."""
    return _page()


@blueprint.post("/account/settings")
def settings() -> ResponseReturnValue:
    """Store name and settings, all of them or none."""
    form = forms.sent("settings")
    typed = _typed_settings(form)
    with form.blaming("name"):
        checked_name(form.text("name"))
    with form.blaming("time_zone"):
        accounts.known_time_zone(form.text("time_zone"))
    with form.blaming(forms.WHOLE):
        if not form.errors:
            return _settled(form, typed)
    return form.refused(_page(settings=form))


def _typed_settings(form: Form) -> dict[str, int | None]:
    """The numbers of the form; an empty limit of reviews means none."""
    limit = form.text("reviews_per_day").strip()
    return {
        "day_start": form.whole_number("day_start", 0, 23),
        "new_per_day": form.whole_number("new_per_day", 0, MOST_PER_DAY),
        "reviews_per_day": form.whole_number("reviews_per_day", 1, MOST_PER_DAY) if limit else None,
    }


def _settled(form: Form, numbers: dict[str, int | None]) -> ResponseReturnValue:
    with _writing() as session:
        renamed = accounts.rename(session, learner(), form.text("name"))
        settled = change_settings(
            session,
            renamed,
            language=form.text("language"),
            time_zone=form.text("time_zone"),
            day_start=numbers["day_start"] or 0,
            new_per_day=numbers["new_per_day"] or 0,
            reviews_per_day=numbers["reviews_per_day"],
            full_scale=form.text("full_scale") == "yes",
            theme=form.text("theme"),
        )
    with force_locale(settled.language or browser_language()):
        flash(gettext("Saved."))
    return redirect(url_for("account.show"))


@blueprint.post("/account/password")
def password() -> ResponseReturnValue:
    """Change the password; all other devices have to log in again."""
    form = forms.sent("password")
    done_reading()
    with form.blaming("new"):
        checked_password(form.text("new"), learner().name)
    with form.blaming("old"):
        if not form.errors:
            token = accounts.change_password(
                database(),
                learner(),
                form.text("old"),
                form.text("new"),
                keep_login_id=current_user.login_id,
                now=now(),
            )
            entrance.begin(token, learner())
            flash(gettext("The password is changed; other devices have to log in again."))
            return redirect(url_for("account.show"))
    return form.refused(_page(password=form))


@blueprint.post("/account/logins/<int:login_id>/end")
def end_login(login_id: int) -> ResponseReturnValue:
    """End the login of one device; of this one, too."""
    with _writing() as session:
        logins.end_login(session, learner(), login_id)
    if login_id == current_user.login_id:
        entrance.leave(gettext("Logged out."))
        return redirect(url_for("account.log_in"))
    flash(gettext("That device is logged out."))
    return redirect(url_for("account.show"))


@blueprint.get("/account/export")
def export() -> ResponseReturnValue:
    """All of the learner's own progress as a file."""
    me, at = learner(), now()
    text = stream_with_context(streamed(lambda session: progress_json(session, me, at)))
    name = f"oboegaki-progress-{study_day().isoformat()}.json"
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(text, mimetype="application/json", headers=headers)


@blueprint.post("/account/deletion")
def delete() -> ResponseReturnValue:
    """Delete the account with everything that is only its own, once its name is typed."""
    form = forms.sent("deletion")
    with form.blaming("typed_name"):
        with _writing() as session:
            code = closing.delete_account(session, learner(), form.text("typed_name"), now())
        if code is not None:
            entrance.tell_code(code)
        entrance.leave(gettext("The account and all its progress are deleted."))
        return redirect(url_for("account.log_in"))
    return form.refused(_page(deletion=form))


@contextmanager
def _writing() -> Iterator[Session]:
    """A writing session, with the reading one of this request ended first."""
    done_reading()
    with database().writing() as session:
        yield session


def _page(**sent: Form) -> str:
    """The page, with a form that was sent back on it."""
    session, me = reading(), learner()
    kept = sent.get("settings") or Form("settings", _as_typed(me))
    names = ("password", "deletion")
    return render_template(
        "account/show.html",
        settings=kept,
        regions=time_zones.regions(kept.text("time_zone")),
        devices=logins.list_logins(session, me, now()),
        this_login=current_user.login_id,
        most_per_day=MOST_PER_DAY,
        **{f"{name}_form": sent.get(name) or Form(name) for name in names},
    )


def _as_typed(me: Learner) -> dict[str, str]:
    """The settings as the fields of the form show them."""
    return {
        "name": me.name,
        "language": me.language,
        "time_zone": me.time_zone,
        "day_start": str(me.day_start),
        "new_per_day": str(me.new_per_day),
        "reviews_per_day": "" if me.reviews_per_day is None else str(me.reviews_per_day),
        "full_scale": "yes" if me.full_scale else "",
        "theme": me.theme,
    }
