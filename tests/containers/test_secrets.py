"""Secrets of a journey through nginx leave no trace in the containers' logs, nor in the layers of their images.

Passwords, cookies, the login's token, the token of a form, the set-up code, the key that signs: as they stand, quoted,
base64, hexadecimal. The greeting holds the set-up code on purpose. Every stack of these tests has its logs searched
once more when it is taken away, with those of containers that a test took away before (`logs.py`). Shown able to fail:
an nginx that logs the query, an app that says a password and is gone by the end, an image with a password in a file
that a later layer deletes.
"""

import json
import os
import re
from pathlib import Path

import pytest

from tests import canaries
from tests.canaries import GREETING, hits
from tests.containers.broken import OTHER_NGINX, other_nginx
from tests.containers.drilled import until
from tests.containers.engine import printed
from tests.containers.layers import added_files
from tests.containers.stack import Stack, build, image, run
from tests.containers.test_rules_images import BASES
from tests.containers.visitor import NAME, PASSWORD, Visitor
from tests.entrance import OTHER_PASSWORD

_WRONG = "canary of a wrong password 鳥"
_WORKERS = 2
_LAST_LINE = "app-1 | goodbye to uWSGI."
_LOGS_THE_QUERY = ("nginx.conf", '[^? ]*)"', '[^ ]*)"')


def journey(address: str, code: str) -> dict[str, str]:
    """Set-up link again, a wrong password, the right one, a form, log-out; every secret that was in it."""
    visitor = Visitor(address)
    assert visitor.get(f"/set-up?code={code}").status == 302
    form = visitor.get("/log-in").token
    wrong = visitor.post("/log-in", {"csrf_token": form, "name": NAME, "password": _WRONG})
    assert wrong.status == 400
    assert visitor.post("/log-in", {"name": NAME, "password": PASSWORD}).status == 400, "no token"
    assert visitor.log_in().status == 302
    cookies = {f"cookie {cookie.name}": str(cookie.value) for cookie in visitor.cookies}
    assert cookies
    token = visitor.get("/account").token
    assert visitor.get("/account/export").status == 200
    assert visitor.post("/log-out", {"csrf_token": token}).status == 302
    return {"password": PASSWORD, "wrong password": _WRONG, "form's token": token, "set-up code": code, **cookies}


def code_of(stack: Stack) -> str:
    """The set-up code that `make up` printed."""
    return stack.said.rpartition("code=")[2].strip()


def test_no_secret_of_a_journey_is_in_the_containers_logs(stack: Stack, owner: Visitor, tmp_path: Path) -> None:
    """Of either container, on either output."""
    code = code_of(stack)
    secrets = journey(stack.address, code) | {"key": stack.execute("app", "cat", "/data/secret_key").strip()}
    logs = {service: printed(stack.container(service)["Id"]) for service in ("app", "nginx")}
    written = {name: re.sub(f"{GREETING}.*", "", log).encode() for name, log in logs.items()}
    assert all("POST /log-in 302" in log for log in logs.values())
    assert hits(secrets, written) == []
    canaries.keep("set-up code", code)
    with (
        pytest.raises(AssertionError, match=rf"a secret in the log of {OTHER_NGINX}, line \d+: .*\[set-up code\]"),
        other_nginx(stack, tmp_path, _LOGS_THE_QUERY) as talkative,
    ):
        assert hits(journey(talkative, code), {"its log": printed(OTHER_NGINX).encode()}) == ["set-up code in its log"]


def test_the_logs_of_any_stack_are_red_with_what_a_container_said_that_is_gone(tree: Path) -> None:
    """Made anew, then taken away; searched for when the stack is, to the last line that the container said."""
    talkative, said = Stack(f"oboegaki-talkative-{os.getpid()}", tree), list[str]()
    with pytest.raises(AssertionError) as red, talkative.standing():
        said += said_and_gone(talkative, PASSWORD)
    assert re.search(
        rf"a secret in the logs of {talkative.name}, line \d+: app-1 \| a fault \[password\]$", str(red.value), re.M
    )
    assert PASSWORD not in str(red.value)
    assert _LAST_LINE in said


def said_and_gone(stack: Stack, words: str) -> list[str]:
    """Let an app say something and be gone, and the one that came after it, too; all that was said, by line."""
    up_and_saying(stack, words)
    until(lambda: stack.logs("app").count("WSGI app 0") == _WORKERS, "every worker can be told to end")
    stack.compose("up", "--detach", "--force-recreate", "app")
    assert words not in stack.logs("app")
    stack.compose("down")
    return stack.all_logs().splitlines()


def up_and_saying(stack: Stack, words: str) -> None:
    """Start an app, and put words into its log."""
    stack.up("app")
    stack.execute("app", "sh", "-c", f"echo 'a fault {words}' >/proc/1/fd/2")


def test_no_secret_of_the_suite_is_in_an_image(stack: Stack, owner: Visitor, tmp_path: Path) -> None:
    """In no file of any layer, in no setting, in no step of the build."""
    secrets = journey(stack.address, code_of(stack)) | {"other password": OTHER_PASSWORD}
    for service, base in BASES.items():
        assert hits(secrets, held_by(f"{stack.name}-{service}", base, tmp_path)) == []


def held_by(name: str, base: str, folder: Path) -> dict[str, bytes]:
    """All that an image has and its base has not, file by file, and what the engine tells of it."""
    told = {"history": run("docker", "image", "history", "--no-trunc", name), "settings": json.dumps(image(name))}
    return dict(added_files(name, base, folder)) | {place: text.encode() for place, text in told.items()}


def test_an_image_with_a_password_is_seen(stack: Stack, tmp_path: Path) -> None:
    """In a file that a later layer deletes, and in a setting."""
    name, base = f"oboegaki-careless-{os.getpid()}", f"{stack.name}-nginx"
    (tmp_path / "password").write_text(PASSWORD)
    steps = ("USER 0", "COPY password /tmp/", "RUN rm /tmp/password", f'ENV SEEN="{OTHER_PASSWORD}"')
    (tmp_path / "Dockerfile").write_text("\n".join((f"FROM {base}", *steps)) + "\n")
    build(tmp_path, name)
    try:
        found = hits({"password": PASSWORD, "other password": OTHER_PASSWORD}, held_by(name, base, tmp_path))
    finally:
        run("docker", "image", "rm", "--force", name)
    assert found == ["password in tmp/password", "other password in history", "other password in settings"]
