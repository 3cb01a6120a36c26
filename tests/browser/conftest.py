"""A real server and a real Chromium: decks imported from files, accounts by the set-up link, a clock that moves."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page
from sqlalchemy import func, select

from app import create_app, importing, setup_code
from app.config import from_environment
from app.models import Review
from tests.entrance import PASSWORD as PASSWORD
from tests.served import served

_TODAY = datetime.now(UTC)
# Of this week: to a browser, whose clock cannot be moved, the cookie of a server in a fixed year would be over one day.
MONDAY = (_TODAY - timedelta(days=_TODAY.weekday())).replace(hour=9, minute=30, second=0, microsecond=0)
NEW_A_DAY = 20

DECK = "---\ndialect: qa\nname: Docker/Commands\n---\n" + "".join(
    f"Q: Which command number {number} is it?\nA: `docker command-{number}`\n\n" for number in range(1, 31)
)
SHAPES = """---
dialect: qa
name: Shapes
lang: ja
---
C: コンテナは[イメージ]から作られ、状態は[ボリューム]に置きます。

Q: 長い答えのカードはどう見えますか。
A:
```dockerfile
FROM python:3.13-slim-trixie AS builder
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
```

| 書き方 | 待ち受ける場所 | 届く相手 |
|---|---|---|
| `127.0.0.1:80:8080` | ホストのループバックだけ | 同じホスト |
| `0.0.0.0:80:8080` | すべてのインターフェース | ネットワークのどこからでも |

{漢字|かんじ}の読みと、式 $x^2 + y^2$ と、**強調**もあります。

1. はじめに
2. つぎに
   - その中の項目
   - もう一つの項目

> 引用した文です。
"""


class Clock:
    """Moves the time of the server, which runs in this process."""

    def __init__(self) -> None:
        self._travel = time_machine.travel(MONDAY, tick=True)
        self._travel.start()

    def move_to(self, moment: datetime) -> None:
        """Let it be `moment`, and go on from there."""
        self._travel.stop()
        self._travel = time_machine.travel(moment, tick=True)
        self._travel.start()

    def stop(self) -> None:
        """Back to the real time."""
        self._travel.stop()


@dataclass
class Site:
    """A running server with its database, its decks and its clock."""

    address: str
    app: Flask
    cards: Path
    clock: Clock
    set_up_link: str

    def recorded(self) -> int:
        """How many rows the log of reviews has."""
        with self.app.extensions["database"].reading() as session:
            return int(session.execute(select(func.count()).select_from(Review)).scalar_one())

    def import_decks(self) -> importing.ImportReport:
        """Import the cards folder, as the server does when a file changes."""
        return importing.run(self.app.extensions["database"], self.app.extensions["config"])


@pytest.fixture
def site(tmp_path: Path, migrated_file: Path) -> Iterator[Site]:
    """A server on a free port, with two decks and no account yet."""
    clock = Clock()
    data, cards = tmp_path / "data", tmp_path / "cards"
    data.mkdir()
    cards.mkdir()
    copyfile(migrated_file, data / "oboegaki.db")
    (cards / "1-commands.md").write_text(DECK)
    (cards / "2-shapes.md").write_text(SHAPES)
    app = create_app(from_environment({"OBOEGAKI_DATA_DIR": str(data), "OBOEGAKI_CARDS_DIR": str(cards)}))
    with served(app) as port:
        address = f"http://127.0.0.1:{port}"
        started = Site(address, app, cards, clock, f"{address}/set-up?code={_code(app)}")
        started.import_decks()
        yield started
    app.extensions["database"].close()
    clock.stop()


def _code(app: Flask) -> str:
    with app.extensions["database"].writing() as session:
        code = setup_code.issue_setup_code(session, MONDAY)
    assert code is not None
    return code


Open = Callable[..., Page]

STANDING_STILL = "performance.now = () => {ms}"
"""A page's clock that stands: on a busy machine, too, the clicks of a double click are close together."""


@pytest.fixture
def open_browser(browser: Browser, site: Site) -> Iterator[Open]:
    """Opens a fresh window, as another device would; whatever it complains of or asks of other hosts fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(base_url=site.address, **({"locale": "en"} | options))
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(_complaint(said)) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: _complain_of(asked.url, site, complaints))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [complaint for complaint in complaints if not _is_expected(complaint)] == []


@pytest.fixture
def page(site: Site, open_browser: Open) -> Page:
    """A study page of the first account."""
    opened = open_browser()
    set_up(opened, site)
    opened.goto("/study")
    return opened


def _complaint(said: ConsoleMessage) -> str:
    return f"{said.text} {urlsplit(said.location['url']).path}"


def _is_expected(complaint: str) -> bool:
    """A refused answer, a missing page (404), a refused set-up (400), an aborted request: a browser tells."""
    of_the_server = re.search(r"a status of (?:404 .*|4\d\d .*/reviews|507 .*/reviews|400 .* /set-up)$", complaint)
    return (
        of_the_server is not None
        or re.search("net::ERR_(FAILED|INTERNET_DISCONNECTED|NETWORK_CHANGED)", complaint) is not None
    )


def _complain_of(url: str, site: Site, complaints: list[str]) -> None:
    if not url.startswith((site.address, "data:", "about:")):
        complaints.append(f"asked another host: {url}")


Press = Callable[[Locator], None]
"""How a person presses something: with a mouse, or with a thumb."""


def set_up(page: Page, site: Site, press: Press = Locator.click) -> None:
    """Make the first account through the set-up link."""
    page.goto(site.set_up_link)
    page.locator("input[name=name]").fill("hanako")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("select[name=time_zone]").select_option("UTC")
    press(page.locator("main form button").last)
    page.wait_for_url(f"{site.address}/")


def log_in(page: Page) -> None:
    """Log in on another device."""
    page.goto("/log-in")
    page.locator("input[name=name]").fill("hanako")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button").last.click()
    page.wait_for_url("**/")


def question(page: Page) -> str:
    """The question that is on the page."""
    return page.locator("#stage .question").inner_text().strip()
