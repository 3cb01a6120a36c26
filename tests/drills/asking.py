"""A browser of few words for a real server: one request on a connection of its own, and the cookies it got."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from shutil import copytree
from urllib.parse import urlencode

from app.config import from_environment
from tests import canaries
from tests.drills.server import Site
from tests.drills.world import Made
from tests.ports import free_port

_PATIENCE = 60  # seconds, of a machine that is busy with other tests
_COOKIE = re.compile(r"(oboegaki)=([^;]*)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, read to its end."""

    status: int
    headers: HTTPMessage
    text: str


@dataclass
class Asker:
    """Asks the server at a port; `headers` go with every request."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    cookie: str = ""

    def ask(self, method: str, address: str, fields: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """Send a request as it stands; `headers` are named with _ for -."""
        named = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            named["Cookie"] = f"oboegaki={self.cookie}"
        body = None
        if fields is not None:
            body, named["Content-Type"] = urlencode(fields), "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.request(method, address, body, named)
            reply = connection.getresponse()
            answer = Answer(reply.status, reply.headers, reply.read().decode(errors="replace"))
        finally:
            connection.close()
        canaries.keep_given(answer.headers.get_all("Set-Cookie", []), answer.text)
        return answer

    def get(self, address: str) -> Answer:
        """Load a page, and keep the cookie that comes with it."""
        return self._kept(self.ask("GET", address))

    def post(self, address: str, *, page: str = "/account", **fields: str) -> Answer:
        """Send a form of a page, with its token."""
        token = canaries.FORM_TOKEN.search(self.get(page).text)
        assert token is not None, f"no form on {page}"
        return self._kept(self.ask("POST", address, {"csrf_token": token[1], **fields}))

    def _kept(self, reply: Answer) -> Answer:
        for header in reply.headers.get_all("Set-Cookie", []):
            if found := _COOKIE.match(header):
                self.cookie = found[2]
        return reply


def site_of(made: Made, folder: Path) -> Site:
    """A copy of the world of the drills, for a real server."""
    copytree(made.folder, folder)
    settings = {"OBOEGAKI_DATA_DIR": str(folder / "data"), "OBOEGAKI_CARDS_DIR": str(folder / "cards")}
    return Site(from_environment(settings), settings, (), (), free_port(), folder)
