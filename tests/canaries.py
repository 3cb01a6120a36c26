"""The secrets of the suite, kept from when they are known, and the search for them in all that servers write.

Passwords, cookies, tokens of logins and of forms: each as it stands and as logs and files would hold it, quoted,
base64, hexadecimal. The set-up code has one place, the line that begins "Set up the first account". Each worker of a
run searches for what it knows itself. A log is walked once, however many secrets there are.
"""

import base64
import json
import logging
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote, quote_plus

from flask import Flask, Response, request, request_finished, session

GREETING = "Set up the first account: "
SESSION_COOKIE = re.compile(r"oboegaki=([^;]+)")
FORM_TOKEN = re.compile(r'name=\\?"csrf_token\\?" value=\\?"([^"\\]+)\\?"')
"""In a page, and in a page's part inside JSON."""
_IN_SESSION = {"_user_id": "login's token", "csrf_token": "secret of form tokens", "device": "device"}
_HEAD = 12  # bytes by which a spelling is looked up; what is shorter may stand somewhere by chance
_TOLD = 5
_kept: dict[bytes, dict[bytes, str]] = {}


def spellings(secret: str) -> set[bytes]:
    """A secret as logs and files would hold it; in base64 as far as what follows it changes nothing."""
    plain = secret.encode()
    whole = plain[: len(plain) // 3 * 3]
    coded = {base64.b64encode(whole), base64.urlsafe_b64encode(whole)}
    quoted = {quote(secret, safe="").encode(), quote_plus(secret).encode(), json.dumps(secret)[1:-1].encode()}
    return {plain, plain.hex().encode(), repr(plain)[2:-1].encode(), secret.encode("utf-16-le")} | coded | quoted


def hits(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Which secrets stand where."""
    return [
        f"{name} in {place}"
        for place, held in places.items()
        for name, secret in secrets.items()
        if any(spelling in held for spelling in spellings(secret))
    ]


def keep(name: str, secret: str) -> None:
    """Search for a secret from now on. A ValueError when it is too short to be told from other text."""
    if len(secret.encode()) < _HEAD:
        raise ValueError(f"the {name} is shorter than {_HEAD} bytes")
    for spelling in spellings(secret):
        _kept.setdefault(spelling[:_HEAD], {}).setdefault(spelling, name)


def keep_cookie(cookie: str) -> None:
    """Search for what a server's session cookie holds. Its signature is of no use alone, and changes with the time."""
    payload = _payload(cookie)
    if len(payload) >= _HEAD:  # an empty session is no secret
        keep("session cookie", payload)
        keep_session(session_of(cookie))


def keep_session(held: Mapping[str, object]) -> None:
    """Search for the secrets in a session: the token of its login, and what its forms' tokens are made of."""
    for field, name in _IN_SESSION.items():
        secret = str(held.get(field, ""))
        if len(secret) >= _HEAD:  # the app's own are; a test may have planted others
            keep(name, secret)


def keep_form_token(token: str) -> None:
    """Search for the token of a page's forms, of which signature and time differ from page to page."""
    keep("form token", _payload(token))


def keep_given(set_cookies: Iterable[str], text: str) -> None:
    """Search for what a reply gives: its session cookie, and the tokens of the forms in its text."""
    for header in set_cookies:
        if found := SESSION_COOKIE.match(header):
            keep_cookie(found[1])
    for token in FORM_TOKEN.findall(text):
        keep_form_token(token)


def session_of(cookie: str) -> dict[str, object]:
    """What a session cookie holds, as Flask writes it."""
    payload = _payload(cookie)
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    held: dict[str, object] = json.loads(zlib.decompress(raw) if cookie.startswith(".") else raw)
    return held


def _payload(signed: str) -> str:
    return signed.removeprefix(".").partition(".")[0]


def leaks(place: str, log: str) -> list[str]:
    """A sentence for each line of a log that holds secrets, which are blotted out; a greeting may hold its link."""
    for code in re.findall(rf"{GREETING}\S+code=(\w+)", log):
        keep("set-up code", code)
    searched = re.sub(rf"({GREETING})\S+", r"\1[link]", log).encode(errors="backslashreplace")
    return [
        f"a secret in {place}, line {number}: {_blotted(line, found)}"
        for number, line in enumerate(searched.split(b"\n"), 1)
        if (found := _found_in(line))
    ]


def _found_in(line: bytes) -> dict[bytes, str]:
    return {
        spelling: name
        for start in range(len(line) - _HEAD + 1)
        if (known := _kept.get(line[start : start + _HEAD])) is not None
        for spelling, name in list(known.items())
        if line.startswith(spelling, start)
    }


def _blotted(line: bytes, found: Mapping[bytes, str]) -> str:
    for spelling, name in found.items():
        line = line.replace(spelling, f"[{name}]".encode())
    return line.decode(errors="replace")


def search(place: str, log: str) -> None:
    """An AssertionError that names secrets and lines, when there are any in a log."""
    if found := leaks(place, log):
        raise AssertionError("\n".join([*found[:_TOLD], f"{len(found)} lines hold secrets"]))


@contextmanager
def searched(place: str, read: Callable[[], str]) -> Iterator[None]:
    """Search a log after the body. A failure of the body stays what it is, with a note of what was found."""
    try:
        yield
    except BaseException as failure:
        for sentence in leaks(place, read())[:_TOLD]:
            failure.add_note(sentence)
        raise
    search(place, read())


class Ear(logging.Handler):
    """Hears what apps of this process log and, from `listening` on, keeps the secrets that they hand out."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the words, with a traceback where there is one."""
        self._heard.append(self.format(record))

    def search(self) -> None:
        """Search what was heard since the last time; an AssertionError as of `search`."""
        heard, self._heard = self._heard, []
        search("what the app logged", "\n".join(heard))


@contextmanager
def listening() -> Iterator[Ear]:
    """An ear for all loggers and all apps of this process, until the end of the body."""
    ear = Ear()
    logging.getLogger().addHandler(ear)
    with request_finished.connected_to(_keep_reply):
        yield ear
    logging.getLogger().removeHandler(ear)
    ear.search()


def _keep_reply(_app: Flask, response: Response) -> None:
    """What a reply gives away, and what the request came with when the app knew it for its own."""
    if session:
        keep_session(session)
        keep_cookie(request.cookies.get("oboegaki", ""))
    is_text = response.is_sequence and response.mimetype in ("text/html", "application/json")
    keep_given(response.headers.getlist("Set-Cookie"), response.get_data(as_text=True) if is_text else "")
