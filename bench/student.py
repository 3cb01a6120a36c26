"""A learner as the study page's script is one: answers with the real forms, takes the next card from the reply."""

import json
import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode
from uuid import uuid4

from app import clock, create_app, logins
from bench import http
from bench.seeding import Seeded

_COOKIE = "oboegaki"
_SCRIPT = "Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
_CARD = re.compile(r'<article class="card [^"]*" data-card="(\d+)">')
_ACTION = re.compile(r'<form class="grades[^"]*" method="post" action="([^"]+)"')
_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass(frozen=True, slots=True)
class Shown:
    """A card on the page: where its form goes, and what is in it."""

    card: int
    action: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it was measured. `first_view` tells whether the card in the reply had to be rendered; None: whether
    it had is not what the answer before had left to do, so the answer stands for neither."""

    seconds: float
    first_view: bool | None


@dataclass
class Student:
    """A logged-in learner on the study page. `rendered` holds the cards that were rendered before."""

    port: int
    cookie: str
    rendered: set[int] = field(default_factory=set)
    _shown: Shown | None = None
    _upcoming: Shown | None = None
    _given: list[str] = field(default_factory=list)
    _was_first_view: bool | None = None

    def open_page(self, path: str = "/study") -> None:
        """Load the study page."""
        page = self._request("GET", path, "").body.decode()
        begins = [found.start() for found in _CARD.finditer(page)]
        parts = [page[begin:end] for begin, end in zip(begins, [*begins[1:], len(page)], strict=True)]
        self._shown, self._upcoming = (_card(part) for part in parts)
        self.rendered |= {self._shown.card, self._upcoming.card}

    def answer(self) -> Answered:
        """Give "good" to the card on the page, and go on with the one that the page holds already."""
        assert self._shown is not None
        assert self._upcoming is not None
        fields = self._shown.fields | {"grade": "4", "took_ms": "3000", "holding": str(self._upcoming.card)}
        reply = self._request("POST", self._shown.action, _SCRIPT, urlencode(fields).encode())
        told = json.loads(reply.body)
        self._given.append(told["undo"])
        following = _card(told["next"])
        self._shown, self._upcoming = self._upcoming, following
        is_first, was_first = following.card not in self.rendered, self._was_first_view
        self._was_first_view = is_first
        self.rendered.add(following.card)
        return Answered(reply.seconds, is_first if is_first is was_first else None)

    def undo(self) -> float:
        """Take the last answer back; seconds of the undo alone, the page that follows is loaded after it."""
        assert self._shown is not None
        fields = {"csrf_token": self._shown.fields["csrf_token"], "undo": str(uuid4())}
        reply = self._request("POST", f"/reviews/{self._given.pop()}/undo", _SCRIPT, urlencode(fields).encode())
        self.open_page(json.loads(reply.body)["location"])
        return reply.seconds

    def _request(self, method: str, path: str, head: str, body: bytes = b"") -> http.Reply:
        head = f"{head}Cookie: {_COOKIE}={self.cookie}\r\n"
        reply = http.request(self.port, method, path, head=head, body=body)
        if reply.status != 200:
            raise RuntimeError(f"{method} {path}: {reply.head}\n{reply.body[:2000].decode(errors='replace')}")
        if found := re.search(rf"Set-Cookie: {_COOKIE}=([^;]+)", reply.head):
            self.cookie = found[1]
        return reply


def cookies(seeded: Seeded) -> list[str]:
    """A cookie with a login for each learner, as the log-in page would set it."""
    app = create_app(seeded.config)
    database = app.extensions["database"]
    made = []
    for learner in seeded.learners:
        with database.writing() as session:
            token = logins.make_login(session, learner.id, "bench", clock.now())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie.update(_user_id=token, _fresh=True)
        held = client.get_cookie(_COOKIE)
        assert held is not None
        made.append(held.value)
    database.close()
    return made


def _card(html: str) -> Shown:
    card, action = _CARD.search(html), _ACTION.search(html)
    assert card is not None
    assert action is not None
    fields = dict(_FIELD.findall(html[action.start() :]))
    return Shown(int(card[1]), unescape(action[1]), fields)
