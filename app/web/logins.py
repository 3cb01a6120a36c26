"""Who is asking: a cookie holds a login's token, the server knows whose it is, log-out ends it on the server."""

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, Response, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin
from flask_wtf.csrf import CSRFProtect

from app import logins
from app.learner import Learner
from app.web.context import done_reading, now, reading

csrf = CSRFProtect()
manager = LoginManager()


@dataclass(frozen=True)
class LoggedIn(UserMixin):  # type: ignore[misc]
    """A request's login, as Flask-Login wants it: its id is the login's token."""

    token: str
    login_id: int
    seen_at: datetime
    learner: Learner

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.token


def init_app(app: Flask) -> None:
    """Find the login of each request, and keep forged forms out."""
    manager.session_protection = None  # addresses change on a phone; the token alone decides
    manager.init_app(app)
    manager.user_loader(_find)
    manager.unauthorized_handler(_log_in_first)
    csrf.init_app(app)
    app.teardown_appcontext(done_reading)
    app.before_request(_keep)


def _find(token: str) -> LoggedIn | None:
    found = logins.find_login(reading(), token, now())
    return None if found is None else LoggedIn(token, found.login_id, found.seen_at, found.learner)


def _keep() -> None:
    session.permanent = True


def _log_in_first() -> Response:
    """To the log-in page, and from there back to where the learner wanted to go."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("account.log_in", next=wanted))  # type: ignore[return-value]
