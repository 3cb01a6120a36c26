"""Who is asking: a cookie holds a login's token, the server knows whose it is, log-out ends it on the server."""

from dataclasses import dataclass

from flask import Flask, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import DBAPIError

from app import logins
from app.learner import Learner
from app.logins import Found
from app.web.context import connection, done_reading, now
from app.web.errors import wants_json

OPEN = frozenset({"account.set_up", "account.log_in", "health.show", "static"})
"""The endpoints that answer anybody."""

csrf = CSRFProtect()
manager = LoginManager()


@dataclass(frozen=True)
class LoggedIn(UserMixin):  # type: ignore[misc]
    """A request's login, as Flask-Login wants it: its id is the login's token."""

    token: str
    login: Found

    @property
    def login_id(self) -> int:
        """Which of the learner's logins it is."""
        return self.login.login_id

    @property
    def learner(self) -> Learner:
        """Whose it is."""
        return self.login.learner

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.token


def init_app(app: Flask) -> None:
    """Find the login of each request, and keep forged forms out."""
    manager.session_protection = None  # addresses change on a phone; the token alone decides
    manager.init_app(app)
    manager.user_loader(_find)
    csrf.init_app(app)
    app.teardown_appcontext(done_reading)
    app.before_request(_let_in)


def _find(token: str) -> LoggedIn | None:
    try:
        found = logins.find_login(connection(), token, now())
    except DBAPIError:
        g._login_user = manager.anonymous_user()  # the page that tells of it asks who is there, and must not ask again
        raise
    return None if found is None else LoggedIn(token, found)


def _let_in() -> ResponseReturnValue | None:
    """Let nobody in without a login, except where OPEN says so."""
    if request.endpoint in OPEN or current_user.is_authenticated:
        return None
    if wants_json():
        abort(401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("account.log_in", next=wanted))
