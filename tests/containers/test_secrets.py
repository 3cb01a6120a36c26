"""Secrets of a journey through nginx leave no trace in the logs of the containers, as the engine has them.

Passwords, cookies, the login's token, the token of a form, the set-up code, the key that signs: as they stand, quoted,
base64, hexadecimal. The greeting holds the set-up code on purpose. Shown able to fail: an nginx that logs the query.
"""

import re
from pathlib import Path

from tests.containers.broken import OTHER_NGINX, other_nginx
from tests.containers.engine import printed
from tests.containers.stack import Stack
from tests.containers.visitor import NAME, PASSWORD, Visitor
from tests.drills.test_secrets import GREETING, hits

_WRONG = "canary of a wrong password 鳥"
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


def test_no_secret_of_a_journey_is_in_the_containers_logs(stack: Stack, owner: Visitor, tmp_path: Path) -> None:
    """Of either container, on either output."""
    code = stack.said.rpartition("code=")[2].strip()
    secrets = journey(stack.address, code) | {"key": stack.execute("app", "cat", "/data/secret_key").strip()}
    logs = {service: printed(stack.container(service)["Id"]) for service in ("app", "nginx")}
    written = {name: re.sub(f"{GREETING}.*", "", log).encode() for name, log in logs.items()}
    assert all("POST /log-in 302" in log for log in logs.values())
    assert hits(secrets, written) == []
    with other_nginx(stack, tmp_path, _LOGS_THE_QUERY) as talkative:
        assert hits(journey(talkative, code), {"its log": printed(OTHER_NGINX).encode()}) == ["set-up code in its log"]
