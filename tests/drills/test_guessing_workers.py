"""Guessing at a real server: several workers count together, and a restart forgets nothing.

Eight guessers at once, each guess with another forged address, half of them before a restart. What reaches the hash is
counted in the workers, by a module that Python loads before the app. The drill is shown able to fail: on a server
whose count is taken out, more than 20 get through.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.canaries import FORM_TOKEN
from tests.drills.asking import Asker, site_of
from tests.drills.server import START_SECONDS, Server, serving
from tests.drills.test_guessing import LONGEST_LOCK, MOST_HASHES
from tests.drills.world import Made

COUNTING = """
import os
from argon2 import PasswordHasher

verify = PasswordHasher.verify

def counted(self, kept, password):
    with open(os.environ["DRILL_HASHES"], "ab", buffering=0) as file:
        file.write(b".")
    return verify(self, kept, password)

PasswordHasher.verify = counted
"""
UNCOUNTED = (
    COUNTING
    + """
from app import throttle
throttle.count_attempt = lambda *_counted: None
"""
)
GUESSERS = 8
WORKERS = 2
LOADED = "WSGI app 0 (mountpoint='') ready"


@contextmanager
def counting(made: Made, folder: Path, loaded: str) -> Iterator[Server]:
    """A server with two workers that load a module before the app, and count what reaches the hash."""
    site = site_of(made, folder)
    (folder / "sitecustomize.py").write_text(loaded)
    environment = {"PYTHONPATH": str(folder), "DRILL_HASHES": str(folder / "hashes")}
    with serving(Server(site, processes=WORKERS, environment=environment)) as server:
        yield server


def all_workers_serve(server: Server, starts: int) -> None:
    """Wait until every worker has loaded the app, so that the guesses go to all of them."""
    deadline = time.monotonic() + START_SECONDS
    while server.log.count(LOADED) < starts * WORKERS:
        assert time.monotonic() < deadline, server.log
        time.sleep(0.05)


def hashes(server: Server) -> int:
    """How many passwords the workers compared with a hash."""
    return (server.site.folder / "hashes").stat().st_size


def guesses(server: Server, numbers: Iterable[int]) -> Counter[int]:
    """How often each status came back for guesses by eight at once."""
    page = Asker(server.site.port)
    token = FORM_TOKEN.search(page.get("/log-in").text)
    assert token is not None

    def guess(number: int) -> int:
        fields = {"csrf_token": token[1], "name": "hanako", "password": f"guess {number}"}
        forged = f"203.0.{number // 250 % 250}.{number % 250}"
        reply = page.ask("POST", "/log-in", fields, X_Forwarded_For=forged)
        assert int(reply.headers.get("Retry-After", "0")) <= LONGEST_LOCK
        return reply.status

    with ThreadPoolExecutor(GUESSERS) as pool:
        return Counter(pool.map(guess, numbers))


def test_workers_count_together_and_a_restart_forgets_nothing(made_world: Made, tmp_path: Path, full: bool) -> None:
    half = 5000 if full else 60
    with counting(made_world, tmp_path / "server", COUNTING) as server:
        all_workers_serve(server, starts=1)
        found = guesses(server, range(half))
        server.stop()
        server.start()
        all_workers_serve(server, starts=2)
        found += guesses(server, range(half, 2 * half))
        size = f"{2 * half} guesses by {GUESSERS} at {WORKERS} workers, a restart between"
        print(f"{size}: {dict(found)}, {hashes(server)} hashes")
        assert found.keys() == {400, 429}
        assert found.total() == 2 * half
        assert found[400] == hashes(server) <= MOST_HASHES


def test_the_drill_fails_when_workers_do_not_count(made_world: Made, tmp_path: Path) -> None:
    with counting(made_world, tmp_path / "server", UNCOUNTED) as server:
        assert guesses(server, range(MOST_HASHES + 1)) == {400: MOST_HASHES + 1}
        assert hashes(server) > MOST_HASHES
