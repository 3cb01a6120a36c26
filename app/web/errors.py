"""What went wrong, as a page: what happened, what was kept, what to do."""

import errno
import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException

from app.errors import OboegakiError, TooManyError

_log = logging.getLogger(__name__)

_SENTENCES = {
    400: lazy_gettext("The server did not understand this request; nothing was changed. Go back and try again."),
    401: lazy_gettext("You are not logged in; log in and try again."),
    403: lazy_gettext("This account may not do that; nothing was changed."),
    404: lazy_gettext("There is nothing at this address; go back to Today and start from there."),
    405: lazy_gettext("This address does not take that kind of request; nothing was changed."),
    413: lazy_gettext("That is too large; nothing was stored. Send less at a time."),
    500: lazy_gettext("Something went wrong in the server; answers given before are safe. Try again in a moment."),
    503: lazy_gettext("The database cannot be written now; nothing was recorded. Try again in a moment."),
    507: lazy_gettext("The disk is full; nothing was recorded. Tell the person who runs this server."),
}
_DAMAGED = lazy_gettext(
    "The database is damaged; nothing was recorded. Tell the person who runs this server to run "
    '"oboegaki data check" and to restore a backup.'
)

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL = ("database or disk is full", "No space left on device")
_MALFORMED = ("malformed", "file is not a database")


def init_app(app: Flask) -> None:
    """Show every error in the same way."""
    app.register_error_handler(OboegakiError, _ours)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(OSError, _system)
    app.register_error_handler(Exception, _unforeseen)


def sentence(error: OboegakiError) -> str:
    """An error's sentence in the language of the page."""
    return gettext(error.template, **error.details) if error.details else gettext(error.template)


def wants_json() -> bool:
    """Whether the request came from a script, which shows errors itself."""
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json"


def _ours(error: OboegakiError) -> Response:
    response = _page(error.status, sentence(error))
    if isinstance(error, TooManyError):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _forged(_error: CSRFError) -> Response:
    message = gettext("This page was too old to be sent; nothing was changed. Load it again and repeat what you did.")
    return _page(400, message)


def _http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    response = _page(status, str(_SENTENCES.get(status, _SENTENCES[400 if status < 500 else 500])))
    if status == 405:
        response.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
    return response


def _database(error: DBAPIError) -> Response:
    """A disk that is full, a database that cannot be reached or written, one that is damaged; else a fault of ours."""
    said = str(error.orig)
    if any(sign in said for sign in _MALFORMED) and isinstance(error, DatabaseError):
        _log.error("database: %s", said)
        return _page(500, str(_DAMAGED))
    if not isinstance(error, OperationalError):
        return _unforeseen(error)
    _log.error("database: %s", said)
    status = 507 if any(sign in said for sign in _FULL) else 503
    return _page(status, str(_SENTENCES[status]))


def _system(error: OSError) -> Response:
    """A disk without space for a file, such as an upload on its way; else a fault of ours."""
    if error.errno not in _NO_SPACE:
        return _unforeseen(error)
    _log.error("disk: %s", error)
    return _page(507, str(_SENTENCES[507]))


def _unforeseen(error: Exception) -> Response:
    _log.exception("unforeseen", exc_info=error)
    return _page(500, str(_SENTENCES[500]))


def _page(status: int, message: str) -> Response:
    if wants_json():
        return make_response(jsonify(error=message), status)
    return make_response(render_template("error.html", status=status, message=message), status)
