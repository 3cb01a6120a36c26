"""The world in front of the app: proxies that are trusted to tell the client's address, and a path below the host."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Config

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PLAIN = "!$&'()*+,/:;=@"
_LONGEST_LOGGED = 255
"""uWSGI counts the signs of such a value in one byte."""


class BasePath:
    """Serves the app below `base_path`: links begin with it, and requests may come with it or already without."""

    def __init__(self, app: "WSGIApplication", base_path: str) -> None:
        self._app = app
        self._base_path = base_path

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Move the base path from the path to the script's name."""
        path: str = environ.get("PATH_INFO", "")
        if path == self._base_path or path.startswith(f"{self._base_path}/"):
            environ["PATH_INFO"] = path[len(self._base_path) :] or "/"
        environ["SCRIPT_NAME"] = self._base_path
        return self._app(environ, start_response)


class Scheme:
    """Tells the app the scheme of a request as who speaks to uWSGI says it; uWSGI would believe a client's headers."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Take the parameter of uWSGI's own protocol for it; without one, the request came to uWSGI in clear."""
        if "uwsgi.version" in environ:
            is_secure = environ.get("HTTPS", "").lower() in ("on", "1")
            environ["wsgi.url_scheme"] = environ.get("UWSGI_SCHEME") or ("https" if is_secure else "http")
        return self._app(environ, start_response)


class LogLine:
    """Tells uWSGI what its log's line says was asked for: a path as it came may hold lines of its own."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Keep method and path for the log, in one line of plain signs."""
        if "uwsgi.version" in environ:
            import uwsgi  # there inside of uWSGI alone

            uwsgi.set_logvar("asked", asked_for(environ))
        return self._app(environ, start_response)


def asked_for(environ: "WSGIEnvironment") -> str:
    """Method and path with everything in percent signs that is not plain, as far as uWSGI's log has room for them."""
    parts = (environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
    return " ".join(quote(part, safe=_PLAIN, encoding="latin-1") for part in parts)[:_LONGEST_LOGGED]


def init_app(app: Flask) -> None:
    """Wrap the app in what its settings say stands in front of it."""
    config: Config = app.extensions["config"]
    if config.base_path:
        app.wsgi_app = BasePath(app.wsgi_app, config.base_path)  # type: ignore[method-assign]
    if count := config.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.wsgi_app = LogLine(Scheme(app.wsgi_app))  # type: ignore[method-assign]
