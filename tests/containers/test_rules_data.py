"""What is kept and where: `down` and `up`, cards on the host, uploads in tmpfs, two kinds of backup that restore.

Shown able to fail by hand, in copies: with /data as tmpfs the test of R02 is red (no account is left), with ./cards as
a volume that of R14, with TMPDIR=/data that of R15, with the README's tar of another folder that of R16.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.containers.drilled import until
from tests.containers.stack import PROJECT, Stack
from tests.containers.visitor import Visitor
from tests.readme import told

_CENSUS = """
import hashlib
from pysqlite3 import dbapi2
database = dbapi2.connect("file:/data/oboegaki.db?mode=ro", uri=True)
for table in ("users", "decks", "notes", "cards", "schedules", "reviews"):
    rows = database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
    print(table, len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
"""
_OWNER_OF_ALL = "10001:10001"
_NOTICED_SECONDS = 30
"""The server looks at the cards every few seconds."""

_HALF_AN_UPLOAD = """
import os, socket, struct, sys, time
cookie, token = sys.argv[1:]
head = (
    "--edge\\r\\nContent-Disposition: form-data; name=\\"csrf_token\\"\\r\\n\\r\\n" + token + "\\r\\n"
    "--edge\\r\\nContent-Disposition: form-data; name=\\"files\\"; filename=\\"big.zip\\"\\r\\n\\r\\n"
)
wanted = {
    "REQUEST_METHOD": "POST", "REQUEST_URI": "/imports/own", "PATH_INFO": "/imports/own", "QUERY_STRING": "",
    "CONTENT_LENGTH": str(20_000_000), "CONTENT_TYPE": "multipart/form-data; boundary=edge", "SERVER_NAME": "localhost",
    "SERVER_PORT": "3031", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "UWSGI_SCHEME": "http",
    "HTTP_HOST": "localhost", "HTTP_COOKIE": cookie, "HTTP_REFERER": "http://localhost/imports",
}
sized = lambda text: struct.pack("<H", len(text)) + text.encode()
pairs = b"".join(sized(name) + sized(value) for name, value in wanted.items())
with socket.create_connection(("localhost", 3031)) as connection:
    connection.sendall(struct.pack("<BHB", 0, len(pairs), 0) + pairs + head.encode() + b"x" * 4_000_000)
    held, end = set(), time.monotonic() + 30
    while not any(name.endswith("(deleted)") for name in held) and time.monotonic() < end:
        time.sleep(0.2)
        for process in filter(str.isdecimal, os.listdir("/proc")):
            try:
                held |= {os.readlink(f"/proc/{process}/fd/{n}") for n in os.listdir(f"/proc/{process}/fd")}
            except OSError:
                continue
    print(*held, sep="\\n")
"""


def census(stack: Stack) -> str:
    """How many accounts, cards, schedules and reviews there are, and the hash of them all."""
    return stack.compose("exec", "--no-TTY", "app", "python", "-", text=_CENSUS)


def containers(stack: Stack) -> list[str]:
    """The names of all containers of the stack, those that have ended too."""
    return sorted(stack.compose("ps", "--all", "--format", "{{.Name}}").split())


def test_r02_down_and_up_keep_every_account_card_and_review(stack: Stack, owner: Visitor) -> None:
    """The containers are thrown away and others made; a login holds, too. An answer more is a difference."""
    owner.answer(4)
    before, thrown_away = census(stack), stack.container("app")["Id"]
    owner.answer(4)
    after = census(stack)
    assert re.search(r"^users [1-9].*\n(.*\n)+reviews [1-9]", after)
    assert after != before
    stack.make("down")
    assert containers(stack) == []
    stack.make("up")
    assert stack.container("app")["Id"] != thrown_away
    assert census(stack) == after
    assert owner.get("/account").status == 200


def test_r02_a_one_off_job_leaves_nothing_behind(stack: Stack) -> None:
    """The README's own; without `--rm` its container would stay."""
    command = re.search(r"`docker compose (run --rm app [^`]+)`", (PROJECT / "README.md").read_text())
    assert command
    before = containers(stack)
    assert "notes" in stack.compose(*command[1].split())
    assert containers(stack) == before
    stack.compose(*command[1].replace("--rm ", "").split())
    assert len(containers(stack)) == len(before) + 1
    stack.discard(*{*containers(stack)} - {*before})


def test_r14_a_file_that_is_changed_on_the_host_appears_and_nobody_inside_can_change_it(
    stack: Stack, owner: Visitor
) -> None:
    """Within seconds, and without a restart; taken out again, its cards are gone."""
    file = stack.tree / "cards/99-own.md"
    assert "Canary deck" not in owner.get("/").text
    with pytest.raises(AssertionError, match="Read-only file system"):
        stack.execute("app", "touch", "/cards/99-own.md")
    file.write_text("---\nname: Canary deck\nlang: en\n---\nQ: What sings?\nA: The canary\n")
    try:
        assert within_seconds(lambda: "Canary deck" in owner.get("/").text)
    finally:
        file.unlink()
    assert within_seconds(lambda: "Canary deck" not in owner.get("/").text)


def within_seconds(holds: Callable[[], bool]) -> bool:
    """Whether something becomes true while one waits."""
    end = time.monotonic() + _NOTICED_SECONDS
    while not (now := holds()) and time.monotonic() < end:
        time.sleep(0.5)
    return now


def test_r15_an_upload_is_spooled_in_tmpfs(stack: Stack, owner: Visitor) -> None:
    """In nginx while it comes in, in the app while it is read; both are gone with the request."""
    token = owner.get("/imports").token
    cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in owner.cookies)
    held = stack.compose("exec", "--no-TTY", "app", "python", "-", cookie, token, text=_HALF_AN_UPLOAD).split("\n")
    assert {name.split("/")[1] for name in held if name.endswith("(deleted)")} == {"tmp"}, held
    with half_an_upload(stack):
        assert within_seconds(lambda: kept_by_nginx(stack) != "")
    assert within_seconds(lambda: kept_by_nginx(stack) == "")


def kept_by_nginx(stack: Stack) -> str:
    """The bodies that nginx has not handed on yet, in files without a name."""
    return stack.execute(
        "nginx", "sh", "-c", "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -o '/tmp/client_body.*' || true"
    )


@contextmanager
def half_an_upload(stack: Stack) -> Iterator[None]:
    """Somebody who has sent a part of a large body, and is in no hurry."""
    head = "POST /imports/own HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as connection:
        connection.sendall(head.encode() + b"x" * 4_000_000)
        yield


def test_r16_both_backups_restore(stack: Stack, owner: Visitor) -> None:
    """`make backup` while it runs, and the tar of the stopped volume by the README's commands, into an empty volume."""
    online = stack.make("backup").splitlines()[-1]
    at_the_backup = census(stack)
    owner.answer(3)
    at_the_tar = census(stack)
    assert at_the_tar != at_the_backup
    stop, pack, unpack, up = told("docker compose stop app")
    for command in (stop, pack):
        stack.shell(command)
    stack.compose("down", "--volumes")
    assert stack.compose("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "ls", "app", "-A", "/data") == ""
    for command in (unpack, f"{up} --wait"):
        stack.shell(command)
    assert census(stack) == at_the_tar
    assert owner.get("/account").status == 200
    assert "Restored" in stack.make("restore", f"FILE={online}")
    assert census(stack) == at_the_backup
    assert owner.get("/account").status == 302, "all devices have to log in again"
    assert owner.log_in().status == 302


def test_r16_a_volume_that_root_filled_is_named_and_given_back_by_the_readmes_commands(
    stack: Stack, owner: Visitor
) -> None:
    """A container of the app has no right to do that itself: all capabilities are dropped."""
    before = census(stack)
    down, give_back, up = told("docker container run --rm --user 0")
    own = give_back.replace("oboegaki_data", f"{stack.name}_data").replace("oboegaki-app", f"{stack.name}-app")
    stack.shell(down)
    stack.shell(own.replace(_OWNER_OF_ALL, "0:0"))
    stack.shell(up)
    told_by_the_app = "/data: the data folder cannot be written by user id 10001; give it to that user"
    until(lambda: told_by_the_app in stack.logs("app"), "the app says what is wrong")
    with pytest.raises(AssertionError, match="Operation not permitted"):
        stack.compose("run", "--rm", "--no-deps", "--user", "0", "--entrypoint", "chown", "app", _OWNER_OF_ALL, "/data")
    for command in (down, own, f"{up} --wait"):
        stack.shell(command)
    assert census(stack) == before
    assert owner.get("/account").status == 200
