"""The app with one defence taken out, as OBOEGAKI_DRILL_MUTANT names it: a drill must find what that breaks.

`normal` and `off` are laxer settings of `synchronous`; `early` acknowledges answers before they are recorded;
`hasty` takes no lock around writes and does not wait for others; `mute` has no words for a disk that fails; `none`
takes nothing out.
"""

import io
import json
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy.exc import DBAPIError

from app import db, lock
from app.web import errors

_LATE_SECONDS = 10
_MUTANT = os.environ.get("OBOEGAKI_DRILL_MUTANT", "none")

if _MUTANT in ("normal", "off"):
    # Small steps between checkpoints, so that a short run has several of them.
    _lax = [f"PRAGMA synchronous = {_MUTANT}" if "synchronous" in pragma else pragma for pragma in db._PRAGMAS]
    setattr(db, "_PRAGMAS", (*_lax, "PRAGMA wal_autocheckpoint = 100"))  # noqa: B010 - a tuple of another length

if _MUTANT == "hasty":
    _impatient = [pragma for pragma in db._PRAGMAS if "busy_timeout" not in pragma]
    setattr(db, "_PRAGMAS", (*_impatient, "PRAGMA busy_timeout = 0"))  # noqa: B010
    setattr(lock.FileLock, "held", lambda _self: nullcontext())  # noqa: B010

from app.wsgi import application as _sound  # noqa: E402 - the pragmas are those of the connections made from here on


def _early(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Say at once that an answer is recorded, and record it a moment later."""
    if not environ["PATH_INFO"].endswith("/reviews"):
        return _sound(environ, start_response)
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    later = {**environ, "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO()}
    threading.Timer(_LATE_SECONDS, lambda: list(_sound(later, lambda *_: lambda _part: None))).start()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"undo": parse_qs(body.decode())["review"][0]}).encode()]


if _MUTANT == "mute":
    for _fault in (DBAPIError, OSError):
        _sound.register_error_handler(_fault, errors._unforeseen)

application = _early if _MUTANT == "early" else _sound
