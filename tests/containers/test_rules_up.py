"""R28: `make up` alone, from a fresh copy, ends with an address and a set-up link that work.

By hand, in a copy: with nginx's `ports` taken out of the compose file the first test is red, since nothing answers at
the address; with the last two lines of the Makefile's `up` taken out too, since there is no link.
"""

import re
import time

import pytest

from tests.containers.conftest import NewStack, claimed
from tests.containers.drilled import until
from tests.containers.stack import Stack
from tests.containers.visitor import Visitor


def test_r28_make_up_alone_ends_with_an_address_and_a_set_up_link_that_work(stack: Stack, owner: Visitor) -> None:
    """The link made the first account, and is of no use to the next one."""
    address, link = stack.said.splitlines()[-2:]
    assert address == f"Oboegaki is at {stack.address}/"
    assert re.fullmatch(rf"Set up the first account: {stack.address}/set-up\?code=\w{{16,}}", link)
    assert owner.get("/account").status == 200
    assert Visitor(stack.address).get(link.partition(": ")[2]).headers["Location"] == "/log-in"
    assert "3031->" not in stack.compose("ps"), "no port mapping of uWSGI is needed for that"


def test_r28_make_up_again_shows_the_address_and_no_link(stack: Stack, owner: Visitor) -> None:
    """There is an account by now; nothing is lost or made anew."""
    before = stack.container("app")["Id"]
    assert stack.make("up").splitlines()[-1] == f"Oboegaki is at {stack.address}/"
    assert stack.container("app")["Id"] == before
    assert owner.get("/account").status == 200


MISTAKES = {
    "OBOEGAKI_TIME_ZONE=Asia/Tokio": "is not a time zone; use a name such as Asia/Tokyo",
    "OBOEGAKI_THREADS=four": "is not a number from 1 to 64; use 4",
    "OBOEGAKI_ADDRESS=cards.lan:8080": "is not an address; use one such as https://cards.example.org",
    "OBOEGAKI_BASE_PATH=cards": "is not a path; use one such as /cards, or leave it empty",
    "OBOEGAKI_TRUSTED_PROXIES=one": "is not a number of proxies",
}
_TOLD_WITHIN_SECONDS = 120
"""The engine starts such a container again and again; to wait for its health took five minutes."""


def test_r28_a_mistake_in_env_ends_make_up_with_its_sentence_in_good_time(new_stack: NewStack) -> None:
    """And once it is mended, `make up` is all that is needed."""
    stack = new_stack()
    stack.compose("build")  # what is measured is not the first build
    file = stack.tree / ".env"
    for line, sentence in MISTAKES.items():
        file.write_text(f"{line}\n")
        begun = time.monotonic()
        with pytest.raises(AssertionError, match=r"exit status 2\n") as failed:
            stack.make("up")
        assert f"{line}: {sentence}" in str(failed.value)
        assert time.monotonic() - begun < _TOLD_WITHIN_SECONDS
        assert "Oboegaki is at" not in str(failed.value)
    mended = {"OBOEGAKI_THREADS": "4", "OBOEGAKI_TIME_ZONE": "Asia/Tokyo"}
    file.write_text("".join(f"{name}={value}\r\n" for name, value in mended.items()))
    assert stack.make("up").splitlines()[-2] == f"Oboegaki is at {stack.address}/"


_SHORT_LOG = """
services:
  app:
    logging: {options: {max-size: 1k, max-file: "1"}}
"""


def test_r28_make_up_shows_the_address_too_when_the_log_has_forgotten_the_start(new_stack: NewStack) -> None:
    """Health checks alone fill thirty megabytes within weeks; here it is a thousand bytes."""
    stack = new_stack()
    (stack.tree / "docker-compose.override.yml").write_text(_SHORT_LOG)
    stack.said = stack.make("up")
    visitor = claimed(stack)
    until(lambda: visitor.get("/account").status == 200 and has_forgotten(stack), "the log is short")
    assert stack.make("up").splitlines()[-1] == f"Oboegaki is at {stack.address}/"


def has_forgotten(stack: Stack) -> bool:
    """Whether the log of the app has nothing of its start any more; it cannot be read while it begins anew."""
    try:
        lines = stack.logs("app").splitlines()
    except AssertionError:
        return False
    return not any(line.startswith("Oboegaki is at") for line in lines)


def test_r28_where_nginx_cannot_be_published_make_up_fails_and_shows_no_address(
    stack: Stack, new_stack: NewStack
) -> None:
    """The port is the shared stack's already: what comes last is what went wrong."""
    other = new_stack()
    other.port = stack.port
    with pytest.raises(AssertionError, match=r"exit status 2\n") as failed:
        other.make("up")
    assert "address already in use" in str(failed.value) or "port is already allocated" in str(failed.value)
    assert "Oboegaki is at" not in str(failed.value)
