"""The app's health, as the engine sees it: bad while the database cannot be written, good again, never bad from work.

Shown able to fail: without the file that `/health` writes, the app stays healthy on a full disk, since its journal has
room for some answers yet, and the wait for "unhealthy" ends in an error.
"""

from pathlib import Path
from typing import Any

from tests.containers.conftest import NewStack
from tests.containers.drilled import Drilled, inhabit, until
from tests.containers.stack import Stack
from tests.drills.clients import Client
from tests.drills.ledger import Sent

_SMALL = """
services:
  app:
    healthcheck:
      interval: 1s
volumes:
  data:
    driver_opts: {type: tmpfs, device: tmpfs, o: "size=24m,uid=10001,gid=10001,mode=0700"}
"""
"""A small disk, which is asked about more often: a test need not wait for three times fifteen seconds."""
_FILL = "cat /dev/zero >/data/filling || true"
_NO_ROOM = "The disk is full; nothing was recorded. Tell the person who runs this server."


def health(stack: Stack) -> dict[str, Any]:
    """What the engine says of the app's health."""
    found: dict[str, Any] = stack.container("app")["State"]["Health"]
    return found


def test_a_full_volume_is_unhealthy_and_room_makes_it_healthy_again(new_stack: NewStack, tmp_path: Path) -> None:
    """Meanwhile pages are read, and what cannot be recorded is refused with a reason; sent again later, it is."""
    stack = new_stack()
    (stack.tree / "docker-compose.override.yml").write_text(_SMALL)
    stack.up()
    drilled = inhabit(stack, tmp_path)
    stays_healthy_under_load(drilled)

    stack.execute("app", "sh", "-c", _FILL)
    until(lambda: health(stack)["Status"] == "unhealthy", "the engine calls the app unhealthy")
    assert "507" in health(stack)["Log"][-1]["Output"]
    refused = answers_while_full(drilled)
    assert drilled.clients[0].get("/").status == 200

    stack.execute("app", "rm", "/data/filling")
    until(lambda: health(stack)["Status"] == "healthy", "the engine calls the app healthy again")
    for client, sent in refused:
        assert client.answer(sent.card, sent.grade, review=sent.review).status == 200
    drilled.answer(1)
    assert drilled.look().sound


def answers_while_full(drilled: Drilled) -> list[tuple[Client, Sent]]:
    """Those for which there was no room; the others went into what the journal has, and are acknowledged."""
    refused = []
    for client in drilled.clients:
        sent = client.new_answer(drilled.site.cards[-1], 4)
        reply = client.try_once(sent)
        if reply.status == 200:
            drilled.ledger.acknowledge(sent.review, 0.0)
            client.revisions[sent.card] = client.revisions.get(sent.card, 0) + 1
            continue
        assert (reply.status, reply.sentence) == (507, _NO_ROOM)
        refused.append((client, sent))
    return refused


def stays_healthy_under_load(drilled: Drilled) -> None:
    """Asked every second while six devices answer, it is never bad."""
    asked = health(drilled.stack)["Log"][-1]["Start"]
    drilled.answer_during(lambda: until(lambda: len(asked_since(drilled.stack, asked)) >= 2, "the engine asks twice"))
    assert {entry["Output"].strip() for entry in asked_since(drilled.stack, asked)} == {"HTTP/1.1 200 OK"}


def asked_since(stack: Stack, moment: str) -> list[dict[str, str]]:
    """How the health checks went that began after a moment."""
    return [entry for entry in health(stack)["Log"] if entry["Start"] > moment]
