"""Everything HTTP: blueprints, sessions, languages, headers and error pages put together."""

from datetime import timedelta

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from app.config import Config
from app.markup import Images
from app.renderings import Renderings
from app.web import account, errors, headers, health, imports, language, library, logins, look, proxy, study, today

_LARGEST_REQUEST = 32 * 1024 * 1024
_LARGEST_FORM = 512 * 1024


class _Sessions(SecureCookieSessionInterface):
    """The signed cookie: sent over https only where the page came over https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        from flask import request

        return request.is_secure


def init_app(app: Flask, config: Config) -> None:
    """Give the app its settings, its pages and what every page shares."""
    app.config.update(
        SECRET_KEY=config.secret_key,
        APPLICATION_ROOT=config.base_path or "/",
        SESSION_COOKIE_NAME="oboegaki",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=400),
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=_LARGEST_FORM,
        MAX_FORM_PARTS=1000,
    )
    app.extensions["renderings"] = Renderings(Images(remote=config.remote_images))
    app.session_interface = _Sessions()
    for part in (proxy, language, logins, headers, errors, look):
        part.init_app(app)
    for area in (today, study, library, imports, account, health):
        app.register_blueprint(area.blueprint)
