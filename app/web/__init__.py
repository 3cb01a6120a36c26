"""Everything HTTP: blueprints, sessions, languages, headers and error pages put together."""

from copy import deepcopy
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import gettext
from itsdangerous import BadSignature

from app.config import Config
from app.markup import Images
from app.renderings import Renderings
from app.web import (
    account,
    errors,
    headers,
    health,
    imports,
    language,
    library,
    logins,
    look,
    media,
    numbers,
    origin,
    proxy,
    server,
    study,
    today,
)

_LARGEST_REQUEST = 32 * 1024 * 1024
_LARGEST_FORM = 512 * 1024
_MOST_COOKIES = 1_000


class _Sessions(SecureCookieSessionInterface):
    """The signed cookie: sent over https only where the page came over https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """What the cookie holds, however old: logins end on the server, and a clock set back must not end them all."""
        held = request.cookies.get(self.get_cookie_name(app))
        return self.session_class(deepcopy(self._held(app, held)) if held else None)

    @lru_cache(_MOST_COOKIES)  # noqa: B019 - it lives as long as the app
    def _held(self, app: Flask, cookie: str) -> dict[str, Any]:
        """What a cookie that we signed says; a device sends the same one again and again."""
        serializer = self.get_signing_serializer(app)
        try:
            return dict(serializer.loads(cookie)) if serializer else {}
        except BadSignature:
            return {}


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
    app.extensions["renderings"] = Renderings(
        Images(remote=config.remote_images), f"{config.base_path}/media/", lambda: gettext("missing image: %(name)s")
    )
    app.session_interface = _Sessions()
    app.before_request(_limit_plain_forms)
    for part in (numbers, proxy, origin, language, logins, headers, errors, look):
        part.init_app(app)
    for area in (today, study, library, imports, account, server, media, health):
        app.register_blueprint(area.blueprint)


def _limit_plain_forms() -> None:
    """Werkzeug reads a form without files at once, and since 3.1.9 has no limit of its own for it."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = _LARGEST_FORM
