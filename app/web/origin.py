"""Whom a request is for and where it comes from: names of others and forms of other sites are refused.

The token in each form keeps other sites out already. Asking the browser where the form stood costs nothing and
holds where a token leaked, or where a sibling host planted a session of its own in the browser. The order of the
questions is that of Go's `http.CrossOriginProtection`: Sec-Fetch-Site where there is one, else Origin.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import OboegakiError, RefusedError
from app.web.context import config

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LABEL = r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}"
_HOST = re.compile(rf"(\[[0-9A-Fa-f:.]+\]|{_LABEL}(?:\.{_LABEL})*)\.?(?::[0-9]{{1,5}})?")
_LONGEST_HOST = 259
"""A name of 253 letters with its port."""
_LOCAL = ("localhost", "local", "internal", "lan", "home", "home.arpa", "test")
"""Last parts of names that no public name server answers for (RFC 6761, 6762 and 8375, and ICANN's refusals)."""


def init_app(app: Flask) -> None:
    """Look at every request before anything else does."""
    app.before_request(_is_for_this_server)
    app.before_request(_is_from_this_site)


def _is_for_this_server() -> ResponseReturnValue | None:
    """Refuse a Host that is not a name of this server: another site may have pointed its own name here."""
    given = request.environ.get("HTTP_HOST")
    if given is None:
        return None
    parts = _HOST.fullmatch(given) if len(given) <= _LONGEST_HOST else None
    if parts is None:  # no page can be made: there is nothing that its links could be below
        refused = gettext("The server did not understand this request; nothing was changed. Go back and try again.")
        return refused, 400, {"Content-Type": "text/plain; charset=utf-8"}
    name = parts[1].lower()
    if name not in config().hosts and not _is_local(name):
        raise OboegakiError(
            "This server does not go by the name %(name)s; add it to OBOEGAKI_HOSTS if it should, and start again",
            name=name,
        )
    return None


def _is_local(name: str) -> bool:
    """Whether nobody on the Internet can own the name: an address, a name without a dot, or one kept for home use."""
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return not re.search(r"[.:]", name) or name.endswith(tuple(f".{last}" for last in _LOCAL))
    return True


def _is_from_this_site() -> None:
    """Refuse a request that changes something when the browser says that a page of another site sent it."""
    if request.method not in _SAFE and not _sent_from_here():
        raise RefusedError("A page of another site sent this; nothing was changed. Open Oboegaki and do it there")


def _sent_from_here() -> bool:
    """What the browser says; one that says nothing is no browser, or too old to be asked."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or _is_here(origin)


def _is_here(origin: str) -> bool:
    """Whether an origin is this host; of the ports one may be unknown, since proxies drop it."""
    try:
        there, here = urlsplit(origin), urlsplit(f"//{request.host}")
        ports = {port for port in (there.port, here.port) if port is not None}
    except ValueError:
        return False
    return there.hostname is not None and there.hostname == here.hostname and len(ports) < 2
