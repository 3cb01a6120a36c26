"""The way in and out: the first account, log-in, log-out. A session begins empty, so nobody can have prepared it."""

import click
from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user, login_user, logout_user

from app import log_in as log_in_use_case
from app import logins, setup_code
from app.accounts import known_time_zone
from app.devices import device_label
from app.learner import Learner
from app.logins import Found
from app.names import checked_name
from app.passwords import checked_password
from app.web import forms, time_zones
from app.web.context import config, database, done_reading, now, reading
from app.web.forms import Form
from app.web.logins import LoggedIn

_LONGEST_ADDRESS = 2000
_DEVICE = "device"
"""What the throttle knows this device by, of no use for anything else; stays when a login is over."""


def set_up() -> ResponseReturnValue:
    """The first account, by the one-time code of the link in the server's log."""
    if setup_code.is_claimed(reading()):
        return redirect(url_for("account.log_in"))
    if request.method == "POST":
        return _claim(forms.sent("set-up"))
    return _set_up_page(Form("set-up", {"code": request.args.get("code", ""), "time_zone": config().time_zone}))


def _claim(form: Form) -> ResponseReturnValue:
    name, password, time_zone = form.text("name"), form.text("password"), form.text("time_zone")
    with form.blaming("name"):
        checked_name(name)
    with form.blaming("password"):
        checked_password(password, name)
    with form.blaming("time_zone"):
        known_time_zone(time_zone)
    done_reading()
    with form.blaming("code"):
        if not form.errors:
            return _claimed(form)
    return form.refused(_set_up_page(form))


def _claimed(form: Form) -> ResponseReturnValue:
    with database().writing() as writing:
        learner = setup_code.claim_server(
            writing,
            form.text("code"),
            form.text("name"),
            form.text("password"),
            form.text("time_zone"),
            "",
            now(),
        )
        token = logins.make_login(writing, learner.id, device_label(request.user_agent.string), now())
    begin(token, learner)
    flash(gettext("Welcome. This account looks after the server, too."))
    return redirect(url_for("today.show"))


def tell_code(code: str) -> None:
    """Print the set-up link, by the address of this request, where the start prints it: in the server's log."""
    click.echo(setup_code.told(url_for("account.set_up", _external=True), code))


def _set_up_page(form: Form) -> str:
    return render_template(
        "account/set_up.html", form=form, regions=time_zones.regions(form.text("time_zone") or config().time_zone)
    )


def log_in() -> ResponseReturnValue:
    """The log-in page, and from there back to where the learner wanted to go."""
    if request.method == "POST":
        return _enter(forms.sent("log-in"))
    if current_user.is_authenticated:
        return redirect(below_this_app(request.args.get("next", "")))
    if not setup_code.is_claimed(reading()):
        return redirect(url_for("account.set_up"))
    return render_template("account/log_in.html", form=Form("log-in", {"next": request.args.get("next", "")}))


def _enter(form: Form) -> ResponseReturnValue:
    done_reading()
    with form.blaming(forms.WHOLE):
        entered = log_in_use_case.log_in(
            database(),
            form.text("name"),
            form.text("password"),
            address=request.remote_addr or "",
            device=session.get(_DEVICE, ""),
            user_agent=request.user_agent.string,
            now=now(),
        )
        begin(entered.token, entered.learner)
        session[_DEVICE] = entered.device
        return redirect(below_this_app(form.text("next")))
    return form.refused(render_template("account/log_in.html", form=form))


def log_out() -> ResponseReturnValue:
    """End the login on the server, then in the browser."""
    if current_user.is_authenticated:
        token = current_user.token
        done_reading()
        with database().writing() as writing:
            logins.log_out(writing, token)
    leave(gettext("Logged out."))
    return redirect(url_for("account.log_in"))


def leave(said: str) -> None:
    """Empty the session of a login that is over on the server, and say so on the next page."""
    logout_user()
    _empty_session()
    flash(said)


def below_this_app(address: str) -> str:
    """`address` below this app if it is a path and nothing that a browser could take for another host; else Today."""
    is_path = address.startswith("/") and not address.startswith("//")
    is_plain = address.isprintable() and "\\" not in address and len(address) <= _LONGEST_ADDRESS
    return f"{request.script_root}{address}" if is_path and is_plain else url_for("today.show")


def begin(token: str, learner: Learner) -> None:
    """Start a fresh session for a token just made: what was in the old one is gone."""
    _empty_session()
    login_user(LoggedIn(token, Found(0, now(), learner)))


def _empty_session() -> None:
    """Begin anew, with what tells this device again; the cookie outlives the browser."""
    device = session.get(_DEVICE, "")
    session.clear()
    session.permanent = True
    if device:
        session[_DEVICE] = device
