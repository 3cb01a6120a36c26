"""Secrets leave no trace: a whole journey at a real server, then its log and its data folder are searched.

Passwords (right, wrong, typed into the name's field), the token and the whole of the cookie, the token of a form and
the set-up code, each as it stands and as logs and files would hold it: quoted, base64, hexadecimal. The set-up code is
printed once on purpose, in the line that begins "Set up the first account". Every other server of the suite has its
log searched when it ends (`tests/canaries.py`), and so has what apps in the tests' own process log.

Shown able to fail: a server that logs whole addresses gives the code away, a log is red with whatever a client was
given, what an app logs with a password or a token, and a file with a secret is found.
"""

import logging
import re
from pathlib import Path
from uuid import uuid4

import pytest

from app.config import from_environment
from tests import canaries
from tests.canaries import FORM_TOKEN, GREETING, hits, session_of, spellings
from tests.drills.asking import Asker, site_of
from tests.drills.server import Server, Site, serving
from tests.drills.world import Made, World
from tests.entrance import OTHER_PASSWORD, PASSWORD
from tests.ports import free_port

CANARIES = {
    "password": "canary of the first password ü",
    "next password": "canary of the next password 鳥",
    "wrong password": "canary of a wrong password",
    "password as a name": "canary typed into the name",
    "another's password": "canary of another account",
}


_CODE_IN_THE_LOG = r"a secret in the log of the server in .*, line \d+: .* GET /set-up\?code=\[set-up code\]"


def site_in(folder: Path) -> Site:
    """A server without an account."""
    folder.mkdir()
    settings = {"OBOEGAKI_DATA_DIR": str(folder / "data"), "OBOEGAKI_CARDS_DIR": str(folder / "cards")}
    (folder / "cards").mkdir()
    return Site(from_environment(settings), settings, (), (), free_port(), folder)


def kept_by(asker: Asker) -> dict[str, str]:
    """What the browser holds of a session: the cookie, and in it the login's token."""
    session = session_of(asker.cookie)
    device = {"device": str(session["device"])} if "device" in session else {}
    return {"cookie": asker.cookie, "login's token": str(session["_user_id"]), **device}


def journey(site: Site, log: str) -> dict[str, str]:
    """Set up, study, mistype, change, add, leave; every secret that was in it."""
    found = re.search(rf"{GREETING}\S+code=(\w+)", log)
    assert found is not None, log
    code, asker = found[1], Asker(site.port)
    link = f"/set-up?code={code}"
    fields = {"code": code, "name": "hanako", "password": CANARIES["password"], "time_zone": "UTC"}
    assert asker.post("/set-up", page=link, **fields | {"time_zone": "Mars"}).status == 400
    assert asker.post("/set-up", page=link, **fields).status == 302
    secrets = CANARIES | {"set-up code": code} | {f"first {name}": kept for name, kept in kept_by(asker).items()}
    form = FORM_TOKEN.search(asker.get("/account").text)
    assert form is not None
    old, new = CANARIES["password"], CANARIES["next password"]
    added = {"user_name": "taro", "user_password": CANARIES["another's password"]}
    assert asker.post("/server/accounts", page="/server/accounts", **added).status == 302
    assert asker.post("/account/password", old=CANARIES["wrong password"], new=new).status == 400
    assert asker.post("/account/password", old=old, new=new).status == 302
    secrets |= {f"second {name}": kept for name, kept in kept_by(asker).items()} | {"form's token": form[1]}
    assert asker.post("/log-out").status == 302
    stranger = Asker(site.port)
    for name, password in (("hanako", "wrong password"), ("password as a name", "password as a name")):
        typed = {"name": CANARIES.get(name, name), "password": CANARIES[password]}
        assert stranger.post("/log-in", page="/log-in", **typed).status == 400
    assert stranger.ask("POST", "/log-in", {"name": "hanako", "password": new}).status == 400  # without a token
    assert stranger.ask("GET", link).status == 302
    assert stranger.post("/log-in", page="/log-in", name="hanako", password=new).status == 302
    secrets |= {f"third {name}": kept for name, kept in kept_by(stranger).items()}
    assert stranger.get("/account/export").status == 200
    if site.config.uses_sqlite:
        assert stranger.post("/server/backups", page="/server/backups").status == 302
    return secrets


def places(site: Site, log: str) -> dict[str, bytes]:
    """What the server wrote: its log without the greeting, and every file of its data folder."""
    lines = [line for line in log.splitlines() if GREETING not in line]
    held = {file.name: file.read_bytes() for file in site.config.data_dir.rglob("*") if file.is_file()}
    assert {"oboegaki.db", "secret_key"} <= held.keys()
    assert "POST /log-in" in log
    return {"the log": "\n".join(lines).encode(), **held}


def test_no_secret_of_a_journey_is_in_the_log_or_in_the_data_folder(tmp_path: Path) -> None:
    site = site_in(tmp_path / "server")
    with serving(Server(site, processes=1)) as server:
        secrets = journey(site, server.log)
        found = hits(secrets, places(site, server.log))
        server.stop()
    written = places(site, server.log)
    print(f"{len(secrets)} secrets searched in {len(written)} places, {sum(map(len, written.values()))} bytes")
    assert found + hits(secrets, written) == []


def test_the_drill_fails_when_whole_addresses_are_logged(tmp_path: Path) -> None:
    site = site_in(tmp_path / "server")
    with serving(Server(site, processes=1)) as first:
        first.stop()
    talkative, settings = Server(site, module="app.wsgi:application", processes=1), site.folder / "uwsgi.ini"
    settings.write_text(settings.read_text().replace("%(asked)", "%(method) %(uri)"))
    found: list[str] = []
    with pytest.raises(AssertionError, match=_CODE_IN_THE_LOG), serving(talkative) as server:
        found += hits(journey(site, server.log), places(site, server.log))
    assert found == ["set-up code in the log"]


def test_the_log_of_any_server_is_red_with_what_a_client_was_given(made_world: Made, tmp_path: Path) -> None:
    site, given = site_of(made_world, tmp_path / "server"), dict[str, str]()
    with pytest.raises(AssertionError) as red, serving(Server(site, processes=1)):
        given |= logged_after_a_log_in(site)
    for name, secret in given.items():
        line = rf"a secret in the log of the server in {site.folder}, line \d+: a fault \.?\[{name}\]"
        assert re.search(line, str(red.value)), name
        assert secret not in str(red.value)


def logged_after_a_log_in(site: Site) -> dict[str, str]:
    """Log in, and write all that is secret of that into the server's log."""
    asker = Asker(site.port)
    assert asker.post("/log-in", page="/log-in", name="hanako", password=PASSWORD).status == 302
    form = FORM_TOKEN.search(asker.get("/account").text)
    assert form is not None
    held = {"session cookie": asker.cookie, "login's token": kept_by(asker)["login's token"]}
    secrets = {"password": PASSWORD, "form token": form[1]} | held
    with (site.folder / "server.log").open("ab") as log:
        log.writelines(b"a fault " + secret.encode() + b"\n" for secret in secrets.values())
    return secrets


def test_a_failure_of_a_drill_is_not_hidden_by_what_its_log_holds() -> None:
    with pytest.raises(ZeroDivisionError) as failed, canaries.searched("a log", lambda: f"first\nbefore {PASSWORD}"):
        raise ZeroDivisionError
    assert failed.value.__notes__ == ["a secret in a log, line 2: before [password]"]


def test_what_an_app_in_this_process_logs_is_red_with_a_secret(world: World, ear: canaries.Ear) -> None:
    token = str(world.made.tokens["hanako"])
    form = world.visitor("hanako").token
    for secret, name in ((token, "login's token"), (form.encode().hex(), "form token"), (OTHER_PASSWORD, "other pass")):
        logging.getLogger("app.web").error("unforeseen %s", secret)
        with pytest.raises(AssertionError, match=rf"a secret in what the app logged, line 1: unforeseen \[{name}"):
            ear.search()
    ear.search()


def test_a_traceback_is_searched_too(ear: canaries.Ear) -> None:
    """A fault that nobody foresaw tells what it was about."""
    logging.getLogger("app.web.errors").error("unforeseen", exc_info=ValueError(f"not hashed: {PASSWORD}"))
    with pytest.raises(AssertionError, match=r"ValueError: not hashed: \[password\]"):
        ear.search()


def test_the_set_up_code_has_one_place() -> None:
    greeting = f"{GREETING}http://127.0.0.1:8000/set-up?code={uuid4().hex}"  # no other test has ever kept it
    assert canaries.leaks("a log", f"{greeting}\nGET /set-up 200\n{greeting}") == []
    again = greeting.removeprefix(GREETING)
    assert canaries.leaks("a log", f"{greeting}\n{again}") == [
        "a secret in a log, line 2: http://127.0.0.1:8000/set-up?code=[set-up code]"
    ]


def test_what_is_too_short_to_be_told_from_other_text_is_no_canary() -> None:
    with pytest.raises(ValueError, match="the password is shorter than 12 bytes"):
        canaries.keep("password", "short")


def test_the_drill_finds_every_secret_in_each_of_its_spellings() -> None:
    for name, secret in CANARIES.items():
        for spelling in spellings(secret):
            assert hits(CANARIES, {"a file": b"before " + spelling + b" after"}) == [f"{name} in a file"]
