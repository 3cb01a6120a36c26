"""Somebody at a browser without scripts, as far as the tests of the containers need one: cookies and forms."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from html import unescape
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from tests import canaries
from tests.entrance import PASSWORD as PASSWORD

NAME = "owner"
_SECONDS = 20
_EDGE = "edge-of-a-part"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Message
    text: str

    @property
    def token(self) -> str:
        """The token that the page's forms are sent with."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.text)
        assert found, f"no form in this page ({self.status}):\n{self.text[:2000]}"
        return found[1]


class _Stay(HTTPRedirectHandler):
    """Redirects are shown, not followed."""

    def redirect_request(self, *_: Any) -> None:
        """Nowhere."""


class Visitor:
    """One browser on a stack's address."""

    def __init__(self, address: str, *, trust: ssl.SSLContext | None = None) -> None:
        self.address = address
        self.cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.cookies), _Stay(), HTTPSHandler(context=trust))

    def get(self, path: str, headers: Mapping[str, str] = {}) -> Reply:
        """A page, by its path below the address or by its whole address."""
        return self._send(Request(self._whole(path), headers=dict(headers)))  # noqa: S310 - our own server

    def post(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] = {}) -> Reply:
        """Send a form, from a page of the same site as browsers say."""
        body, from_here = urlencode(fields).encode(), {"Referer": self.address, **headers}
        return self._send(Request(self._whole(path), data=body, headers=from_here))  # noqa: S310 - our own server

    def claim(self, link: str) -> Reply:
        """Make the first account with the set-up link; the visitor is logged in then."""
        code = parse_qs(urlsplit(link).query)["code"][0]
        fields = {"code": code, "name": NAME, "password": PASSWORD, "time_zone": "UTC"}
        page = self.get(link)
        return self.post(link.partition("?")[0], {**fields, "csrf_token": page.token})

    def log_in(self) -> Reply:
        """Log in as the first account."""
        page = self.get("/log-in")
        return self.post("/log-in", {"csrf_token": page.token, "name": NAME, "password": PASSWORD})

    def answer(self, grade: int) -> Reply:
        """Grade the card that is due next; without JavaScript the reply leads to the one after it."""
        page = self.get("/study")
        form = re.search(r'<form class="grades[^>]*action="([^"]+)">(.*?)</form>', page.text, re.DOTALL)
        assert form, page.text[:3000]
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)"[^>]*value="([^"]*)"', form[2]))
        return self.post(self._below(unescape(form[1])), {**fields, "grade": str(grade)})

    def upload(self, name: str, content: bytes) -> Reply:
        """Send a deck file as a deck of one's own."""
        token = self.get("/imports").token
        head = (
            f'--{_EDGE}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
            f'--{_EDGE}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        )
        body = head.encode() + content + f"\r\n--{_EDGE}--\r\n".encode()
        headers = {"Referer": self.address, "Content-Type": f"multipart/form-data; boundary={_EDGE}"}
        return self._send(Request(self._whole("/imports/own"), data=body, headers=headers))  # noqa: S310 - our own

    def _below(self, path: str) -> str:
        return urljoin(self.address, path)

    def _whole(self, path: str) -> str:
        return path if path.startswith("http") else self.address + path

    def _send(self, request: Request) -> Reply:
        reply = self._reply_to(request)
        for cookie in self.cookies:
            canaries.keep_cookie(str(cookie.value))
        for token in canaries.FORM_TOKEN.findall(reply.text):
            canaries.keep_form_token(token)
        return reply

    def _reply_to(self, request: Request) -> Reply:
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                return Reply(response.status, response.headers, response.read().decode())
        except HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read().decode())


def target_of(reply: Reply, address: str) -> str:
    """Where a redirect leads, as a whole address."""
    return urljoin(address, str(reply.headers["Location"]))


def asset_of(visitor: Visitor, path: str) -> str:
    """The address of the style sheet that a page asks for, with its version."""
    page = visitor.get(path)
    found = re.search(r'href="([^"]*/static/app\.css\?v=[^"]+)"', page.text)
    assert found, page.text[:1000]
    return urljoin(visitor.address, str(found[1]))
