"""Account: settings, password, devices, export, deletion; for the administrator the other accounts."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from flask_login import current_user, login_required
from sqlalchemy.orm import Session

from app import account_settings, accounts, closing, logins
from app.account_settings import MOST_PER_DAY
from app.errors import RefusedError
from app.learner import Learner
from app.names import checked_name, name_key
from app.passwords import checked_password
from app.progress_export import progress_json
from app.web import entrance, forms, time_zones
from app.web.context import config, database, done_reading, learner, now, reading, study_day
from app.web.forms import Form
from app.web.language import page_language

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
    if now() - current_user.seen_at >= logins.SEEN_EVERY:
        with _writing() as session:
            logins.note_seen(session, current_user.login_id, now())


@blueprint.get("/account")
@login_required
def show() -> ResponseReturnValue:
    """All sections of the account."""
    return _page()


@blueprint.post("/account/settings")
@login_required
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
