"""Learners as programs: each logs in by the form, answers its cards, and sends again until it is told something."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode
from uuid import UUID, uuid4

from app.learner import Learner
from tests import canaries
from tests.drills.ledger import Ledger, Sent
from tests.drills.server import Site
from tests.entrance import PASSWORD

Job = Callable[[], object]
GIVE_UP_SECONDS = 180
_PAUSE_SECONDS = 0.02
_REPLY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: `status` 0 stands for a connection that ended without one."""

    status: int
    body: bytes = b""
    content_type: str = ""

    @property
    def told(self) -> dict[str, object]:
        """What a reply to a script says; nothing where it is no JSON."""
        if "json" not in self.content_type:
            return {}
        read = json.loads(self.body)
        return read if isinstance(read, dict) else {}

    @property
    def sentence(self) -> str:
        """What it says about an error."""
        return str(self.told.get("error", ""))


@dataclass
class Client:
    """One device of a learner. `revisions` counts the reviews of each card as far as this device knows."""

    site: Site
    learner: Learner
    ledger: Ledger
    cookie: str = ""
    token: str = ""
    revisions: dict[int, int] = field(default_factory=dict)

    def log_in(self) -> None:
        """Log in by the form, and keep the cookie and the token of the study page's forms."""
        self._take_token("/log-in")
        fields = {"csrf_token": self.token, "name": self.learner.name, "password": PASSWORD}
        reply = self.post("/log-in", fields)
        assert reply.status == 302, f"{self.learner.name} cannot log in: {reply.status} {reply.body[:500]!r}"
        self._take_token("/account")

    def get(self, path: str) -> Reply:
        """A page."""
        return self._request("GET", path, "text/html", None)

    def post(self, path: str, fields: dict[str, str], accept: str = "text/html") -> Reply:
        """Send a form."""
        body = urlencode(fields).encode()
        return self._request("POST", path, accept, body, "application/x-www-form-urlencoded")

    def upload(self, name: str, content: bytes) -> Reply:
        """Send a deck file for an import of the learner's own."""
        mark = uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{self.token}\r\n'
        file = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        body = (head + file).encode() + content + f"\r\n--{mark}--\r\n".encode()
        return self._request("POST", "/imports/own", "text/html", body, f"multipart/form-data; boundary={mark}")

    def new_answer(self, card: int, grade: int, review: UUID | None = None) -> Sent:
        """An answer that is in the ledger and was not sent yet."""
        sent = Sent(review or uuid4(), self.learner.id, card, grade)
        self.ledger.send(sent)
        return sent

    def answer(self, card: int, grade: int, *, review: UUID | None = None) -> Reply:
        """Give an answer and send it until it is acknowledged or refused for good; a reply to the last try."""
        sent = self.new_answer(card, grade, review)
        begin = time.monotonic()
        while time.monotonic() - begin < GIVE_UP_SECONDS:
            reply = self.try_once(sent)
            if reply.status == 200:
                self.ledger.acknowledge(sent.review, time.monotonic() - begin)
                self.revisions[card] = self.revisions.get(card, 0) + 1
                return reply
            if 400 <= reply.status < 500:
                self.ledger.refuse(sent.review)
                return reply
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError(f"no acknowledgement within {GIVE_UP_SECONDS} s; statuses: {dict(self.ledger.replies)}")

    def try_once(self, sent: Sent) -> Reply:
        """Send an answer once; a reply of 200 must name the review that it is about."""
        fields = {
            "csrf_token": self.token,
            "review": str(sent.review),
            "revision": str(self.revisions.get(sent.card, 0)),
            "grade": str(sent.grade),
            "took_ms": "3000",
        }
        reply = self.post(f"/cards/{sent.card}/reviews", fields, accept="application/json")
        if reply.status == 0:
            self.ledger.cut_off()
            return reply
        self.ledger.reply(reply.status, reply.sentence)
        assert reply.status != 200 or reply.told["undo"] == str(sent.review)
        return reply

    def _take_token(self, path: str) -> None:
        page = self.get(path)
        found = canaries.FORM_TOKEN.search(page.body.decode())
        assert found is not None, f"no form on {path}: {page.status}"
        self.token = found[1]
        canaries.keep_form_token(self.token)

    def _request(
        self, method: str, path: str, accept: str, body: bytes | None, content_type: str | None = None
    ) -> Reply:
        headers = {"Accept": accept, "Cookie": f"oboegaki={self.cookie}"}
        if content_type is not None:
            headers["Content-Type"] = content_type
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=_REPLY_SECONDS)
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            return Reply(0)
        finally:
            connection.close()
        if found := canaries.SESSION_COOKIE.search(reply.getheader("Set-Cookie", "")):
            self.cookie = found[1]
            canaries.keep_cookie(self.cookie)
        return Reply(reply.status, content, reply.getheader("Content-Type", ""))


def log_in_all(site: Site, ledger: Ledger) -> list[Client]:
    """A device for each learner, logged in."""
    clients = [Client(site, learner, ledger) for learner in site.learners]
    for client in clients:
        client.log_in()
    return clients


def answer_all(client: Client, cards: Sequence[int], count: int, chance: random.Random) -> None:
    """Give so many answers, with any grade, to the cards in turn; all of them must be acknowledged."""
    for number in range(count):
        reply = client.answer(cards[number % len(cards)], chance.randrange(6))
        assert reply.status == 200, f"refused: {reply.status} {reply.sentence}"


def answer_during(clients: Sequence[Client], cards: Sequence[int], chance: random.Random, job: Job) -> None:
    """Let every device answer, sent again until acknowledged, for as long as something else happens."""
    over = threading.Event()

    def then_over() -> None:
        try:
            job()
        finally:
            over.set()

    def answer_until_then(client: Client) -> None:
        while not over.is_set():
            answer_all(client, (chance.choice(cards),), 1, chance)

    at_once([*(partial(answer_until_then, client) for client in clients), then_over])


def at_once(jobs: Sequence[Job]) -> None:
    """Run all jobs at the same time, and raise what any of them raised."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value that so large a share lies at or below."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
