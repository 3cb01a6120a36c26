"""Secrets leave no trace: a whole journey at a real server, then its log and its data folder are searched.

Passwords (right, wrong, typed into the name's field), the token and the whole of the cookie, the token of a form and
the set-up code, each as it stands and as logs and files would hold it: quoted, base64, hexadecimal. The set-up code is
printed once on purpose, in the line that begins "Set up the first account". The drill is shown able to fail: a server
that logs whole addresses gives the code away, and a file with a secret is found.
"""

import base64
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from app.config import from_environment
from tests.drills.asking import Asker
from tests.drills.server import Server, Site, free_port, serving
from tests.drills.world import TOKEN

CANARIES = {
    "password": "canary of the first password ü",
    "next password": "canary of the next password 鳥",
    "wrong password": "canary of a wrong password",
    "password as a name": "canary typed into the name",
    "another's password": "canary of another account",
}
GREETING = "Set up the first account: "


def spellings(secret: str) -> set[bytes]:
    """A secret as logs and files would hold it."""
    plain = secret.encode()
    coded = base64.b64encode(plain).rstrip(b"=")
    quoted = {quote(secret, safe="").encode(), quote_plus(secret).encode(), json.dumps(secret)[1:-1].encode()}
    return {plain, coded, plain.hex().encode(), repr(plain)[2:-1].encode(), secret.encode("utf-16-le"), *quoted}


def hits(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Which secrets stand where."""
    return [
        f"{name} in {place}"
        for place, held in places.items()
        for name, secret in secrets.items()
        if any(spelling in held for spelling in spellings(secret))
    ]


def site_in(folder: Path) -> Site:
    """A server without an account."""
    folder.mkdir()
    settings = {"OBOEGAKI_DATA_DIR": str(folder / "data"), "OBOEGAKI_CARDS_DIR": str(folder / "cards")}
    (folder / "cards").mkdir()
    return Site(from_environment(settings), settings, (), (), free_port(), folder)


def kept_by(asker: Asker) -> dict[str, str]:
    """What the browser holds of a session: the cookie, and in it the login's token."""
    payload = asker.cookie.partition(".")[0] if not asker.cookie.startswith(".") else asker.cookie.split(".")[1]
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    session = json.loads(zlib.decompress(raw) if asker.cookie.startswith(".") else raw)
    return {"cookie": asker.cookie, "login's token": session["_user_id"], "device": session.get("device") or "-" * 9}


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
    form = TOKEN.search(asker.get("/account").text)
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
    settings.write_text(settings.read_text().replace("%(var.PATH_INFO)", "%(uri)"))
    with serving(talkative) as server:
        secrets = journey(site, server.log)
        found = hits(secrets, places(site, server.log))
    assert found == ["set-up code in the log"]


def test_the_drill_finds_every_secret_in_each_of_its_spellings() -> None:
    for name, secret in CANARIES.items():
        for spelling in spellings(secret):
            assert hits(CANARIES, {"a file": b"before " + spelling + b" after"}) == [f"{name} in a file"]
