"""What the settings say about the world around the app, and whether the world agrees."""

import stat
from collections.abc import Mapping

from app.config import Config
from app.decks.problems import N_
from app.doctor.finding import Finding, State


def secret_key(config: Config) -> Finding:
    """Whether only the server can read the key that signs its cookies."""
    name, file = N_("Secret key"), config.secret_key_file
    if file is None:
        return Finding(name, State.OK, N_("comes from the environment"))
    mode = stat.S_IMODE(file.stat().st_mode)
    details = {"file": file, "mode": f"{mode:04o}"}
    others = 0o077 if file.parent == config.data_dir else 0o022  # a secret that compose mounts can be read by design
    if mode & others:
        return Finding(
            name,
            State.WARNING,
            N_("%(file)s has the mode %(mode)s, so it is not the server's alone"),
            N_("chmod 600 %(file)s"),
            details,
        )
    return Finding(name, State.OK, N_("%(file)s has the mode %(mode)s"), details=details)


def base_path(config: Config) -> Finding:
    """Where links of the pages lead to."""
    name = N_("Base path")
    if config.base_path:
        return Finding(name, State.OK, N_("pages are served below %(path)s"), details={"path": config.base_path})
    return Finding(name, State.OK, N_("pages are served at the root of their host"))


def prefix(config: Config, headers: Mapping[str, str]) -> Finding:
    """The same, with what the proxy in front says of a path that it took off."""
    told = next((headers[header] for header in ("X-Forwarded-Prefix", "X-Script-Name") if headers.get(header)), "")
    if told.rstrip("/") in ("", config.base_path):
        return base_path(config)
    return Finding(
        N_("Base path"),
        State.WARNING,
        N_('the proxy says "%(told)s", the setting says "%(path)s"'),
        N_("set OBOEGAKI_BASE_PATH=%(told)s and start again, or links lead nowhere"),
        {"told": told.rstrip("/"), "path": config.base_path},
    )


def proxies(config: Config, headers: Mapping[str, str], client: str) -> Finding:
    """Whether as many proxies tell of the client as are trusted to; guesses are counted by the address `client`."""
    name, trusted = N_("Proxies"), config.trusted_proxies
    told = len([entry for entry in headers.get("X-Forwarded-For", "").split(",") if entry.strip()])
    details = {"told": told, "trusted": trusted, "client": client}
    if not trusted:
        if not told:
            return Finding(name, State.OK, N_("none in front; this browser is at %(client)s"), details=details)
        sentence = N_("a proxy tells of clients and is not trusted: all of them look like %(client)s")
        remedy = N_("set OBOEGAKI_TRUSTED_PROXIES to how many stand in front (here %(told)s), and start again")
        return Finding(name, State.WARNING, sentence, remedy, details)
    if told < trusted:
        sentence = N_("%(trusted)s are trusted, and %(told)s told of the client: anybody may say who they are")
        remedy = N_("set OBOEGAKI_TRUSTED_PROXIES to how many stand in front, and let each add to X-Forwarded-For")
        return Finding(name, State.BAD, sentence, remedy, details)
    if not headers.get("X-Forwarded-Proto"):
        sentence = N_("they do not say whether the page came over https, so cookies are not kept to https")
        return Finding(name, State.WARNING, sentence, N_("let the proxy send X-Forwarded-Proto"), details)
    sentence = N_("%(trusted)s are trusted; this browser is at %(client)s")
    return Finding(name, State.OK, sentence, details=details)
