"""Who reaches what: 3031 nobody from outside, nginx from where `.env` says. Containers that let others in are seen.

Shown able to fail by hand, in copies: with a network `back` that is not internal the app answers the host, and with an
app that listens on its container's localhost nginx has nobody to ask: the test of R09 and R24 is red both times.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copy2
from typing import NamedTuple

import pytest

from tests import canaries
from tests.containers import engine_rules as rules
from tests.containers.broken import broken_stack, other_nginx
from tests.containers.drilled import until
from tests.containers.engine import STRANGER, inspect, printed, uwsgi_reply, within
from tests.containers.stack import PROJECT, Stack, run
from tests.containers.visitor import Reply, Visitor

_PATIENCE_SECONDS = 60
_ANSWER = "HTTP/1.0 200 OK"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with, not listened on


def test_r09_and_r27_nginx_alone_has_a_port_and_on_this_machine(stack: Stack, tmp_path: Path) -> None:
    """As the engine has it; a port of the app, and one without an address, are seen."""
    for service in ("app", "nginx"):
        assert rules.ports_elsewhere(stack.container(service), stack.port) == []
    with broken_stack(stack, tmp_path) as broken:
        for known in broken.values():
            assert rules.ports_elsewhere(known, stack.port) != []


def test_r27_the_address_is_what_env_says_and_otherwise_this_machines(engine: None, tmp_path: Path) -> None:
    """Without `.env`: 127.0.0.1:8080."""
    copy2(PROJECT / "docker-compose.yml", tmp_path)
    assert published(tmp_path) == ("127.0.0.1", "8080")
    (tmp_path / ".env").write_text("OBOEGAKI_PORT=9000\n")
    assert published(tmp_path) == ("127.0.0.1", "9000")
    (tmp_path / ".env").write_text(f"OBOEGAKI_LISTEN={_EVERYWHERE}\n")
    assert published(tmp_path) == (_EVERYWHERE, "8080")
    (tmp_path / ".env").write_text("OBOEGAKI_LISTEN=\nOBOEGAKI_PORT=\n")
    assert published(tmp_path) == ("127.0.0.1", "8080"), "an empty setting is none"


def published(folder: Path) -> tuple[str, str]:
    """Where nginx would be published from this folder."""
    config = json.loads(run("docker", "compose", "config", "--format", "json", cwd=folder))
    (port,) = config["services"]["nginx"]["ports"]
    return port["host_ip"], port["published"]


class Alone(NamedTuple):
    """An app without nginx: its container, its address on the default bridge, its port on this machine."""

    name: str
    address: str
    port: int


@pytest.fixture(scope="module")
def reachable(stack: Stack) -> Iterator[Alone]:
    """The same app on the default bridge, with 3031 published."""
    yield from _alone(stack, "reachable", "serve", "--socket", f"{_EVERYWHERE}:3031")


@pytest.fixture(scope="module")
def for_itself(stack: Stack) -> Iterator[Alone]:
    """The same, but it listens on its container's localhost."""
    yield from _alone(stack, "for-itself", "serve", "--socket", "127.0.0.1:3031")


def _alone(stack: Stack, name: str, *command: str) -> Iterator[Alone]:
    name = f"oboegaki-test-{os.getpid()}-{name}"
    run("docker", "container", "run", "--detach", "--publish", "127.0.0.1::3031", "--name", name,
        f"{stack.name}-app", *command)  # fmt: skip
    try:
        with canaries.searched(f"the log of {name}", lambda: printed(name)):
            _wait_until_it_answers_itself(name)
            known = inspect(name)["NetworkSettings"]
            yield Alone(name, known["IPAddress"], int(known["Ports"]["3031/tcp"][0]["HostPort"]))
    finally:
        run("docker", "container", "rm", "--force", "--volumes", name)


def _wait_until_it_answers_itself(name: str) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            within(name, "python", "-I", "app/probe.py")
        except AssertionError:
            assert time.monotonic() < end, f"{name} never answered"
            time.sleep(0.5)
        else:
            return


def test_r09_and_r24_the_app_cannot_be_reached_but_through_nginx(stack: Stack, reachable: Alone) -> None:
    """By the uwsgi protocol: not at the host's 3031, not at the app's own address. The same app would answer."""
    address = stack.container("app")["NetworkSettings"]["Networks"][f"{stack.name}_back"]["IPAddress"]
    for host in ("127.0.0.1", address):
        assert uwsgi_reply(host, 3031) != _ANSWER
    assert STRANGER not in stack.logs("app")
    assert uwsgi_reply(reachable.address, 3031) == _ANSWER
    assert uwsgi_reply("127.0.0.1", reachable.port) == _ANSWER
    until(lambda: printed(reachable.name).count(STRANGER) == 2, "both requests are in the log")
    assert Visitor(stack.address).get("/health").status == 200


def test_r24_an_app_on_its_containers_localhost_would_answer_nobody(for_itself: Alone) -> None:
    """Though its port is published: what the memo warns of, and why ours listens everywhere in there."""
    assert uwsgi_reply("127.0.0.1", for_itself.port) != _ANSWER
    assert uwsgi_reply(for_itself.address, 3031) != _ANSWER


def test_r09_nothing_of_ours_answers_at_the_machines_other_addresses(stack: Stack, owner: Visitor) -> None:
    """nginx is on 127.0.0.1 alone; the address by which others reach the machine is not listened on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: asks which address would be used
        outer = probe.getsockname()[0]
    assert outer != "127.0.0.1"
    assert owner.get("/health").status == 200
    with pytest.raises(OSError, match="refused"):
        Visitor(f"http://{outer}:{stack.port}").get("/health")


_WITH_A_FIXED_ADDRESS = ("app.conf", "uwsgi_pass $app;", "uwsgi_pass app:3031;")
"""A name that is looked up once, when nginx starts."""


def test_r10_a_recreated_app_is_found_again_and_meanwhile_a_page_says_so(
    stack: Stack, owner: Visitor, tmp_path: Path
) -> None:
    """With another address, and without a restart of nginx, where one that looked the name up once finds nobody."""
    with other_nginx(stack, tmp_path, _WITH_A_FIXED_ADDRESS) as forgetful:
        assert Visitor(forgetful).get("/log-in").status == 200
        recreate_the_app(stack, owner)
        assert Visitor(forgetful).get("/log-in").status == 503


def recreate_the_app(stack: Stack, visitor: Visitor) -> None:
    """Give the app another address, and look on as a visitor; a page that says so loads again by itself."""
    before = address_of(stack)
    stack.compose("rm", "--stop", "--force", "app")
    page = visitor.get("/")
    assert page.status == 503
    assert page.headers["Retry-After"] == "3"
    assert '<meta http-equiv="refresh" content="3">' in page.text
    assert "Oboegaki is starting" in page.text
    sent = visitor.post("/log-in", {"name": "somebody"})
    assert '<meta http-equiv="refresh" content="3; url=/">' in sent.text, "what was sent is not sent again"
    network, image = f"{stack.name}_back", f"{stack.name}-app"
    placed = ("--detach", "--rm", "--network", network, "--entrypoint", "sleep", image, "600")
    in_its_place = run("docker", "container", "run", *placed).strip()
    started = stack.container("nginx")["State"]["StartedAt"]
    stack.compose("up", "--detach", "--wait", "app")
    now = address_of(stack)
    run("docker", "container", "rm", "--force", "--volumes", in_its_place)
    assert now != before
    assert wait_for(visitor, "/").status == 200
    assert stack.container("nginx")["State"]["StartedAt"] == started


def address_of(stack: Stack) -> str:
    """The app's address on the network that it shares with nginx."""
    networks = stack.container("app")["NetworkSettings"]["Networks"]
    return str(networks[f"{stack.name}_back"]["IPAddress"])


def wait_for(visitor: Visitor, path: str) -> Reply:
    """The page, once nginx has looked the name up again: within 5 seconds, and a few for a busy machine."""
    end = time.monotonic() + 15
    while (reply := visitor.get(path)).status == 503 and time.monotonic() < end:
        time.sleep(0.5)
    return reply
