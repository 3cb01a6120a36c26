"""The memo's rules that the compose file, settings and documents show: each function says what breaks one."""

import re
from collections.abc import Sequence

from tests.containers.stack import run
from tests.containers.texts import COMPOSE, POSTGRESQL, SHELL_FILES, Texts, instructions, networks, of_nginx, services

_ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_LISTENED_ON = ("0.0.0.0", "127.0.0.1")  # noqa: S104 - compared with, not listened on
_CONTAINER_FILES = ("Dockerfile", "nginx/Dockerfile", COMPOSE, "uwsgi.ini")
_EXAMPLES = {"OBOEGAKI_TIME_ZONE": "Asia/Tokyo"}
"""What `.env.example` shows instead of the default, because more people want that."""
_NETWORKS = {"app": ["back"], "nginx": ["back", "front"]}
_NETWORKS_WITH_POSTGRESQL = {"app": ["back", "database"], "db": ["database"], "nginx": ["back", "front"]}
_DEBUGGING = {
    "logs": "docker compose logs --follow --timestamps",
    "stats": "docker container stats",
    "shell": "docker compose exec app bash",
    "ps": "docker compose ps",
}


def left_by_one_off_jobs(files: Texts) -> list[str]:
    """R02: `docker compose run` and `docker container run` that leave their container behind."""
    found = re.findall(r"docker (?:compose|container) run\b[^\n]*", "\n".join(files[name] for name in SHELL_FILES))
    return [command for command in found if " --rm" not in command]


def foreign_addresses(files: Texts) -> list[str]:
    """R03: IP addresses that are not this machine's own to listen on."""
    text = "\n".join([*(files[name] for name in _CONTAINER_FILES), of_nginx(files)])
    return [address for address in _ADDRESS.findall(text) if address not in _LISTENED_ON]


def settings_without_default_or_example(files: Texts) -> list[str]:
    """R03: settings that compose asks for without a default, or that `.env.example` leaves out or shows otherwise."""
    asked = re.findall(r"\$\{(\w+)(:-)?", files[COMPOSE] + files[POSTGRESQL])
    shown = re.findall(r"^#(OBOEGAKI_\w+)=(.*)$", files[".env.example"], re.MULTILINE)
    defaults = dict(re.findall(r"\$\{(\w+):-([\w.]+)\}", files[COMPOSE])) | _EXAMPLES
    differing = {name for name, _ in asked} ^ {name for name, _ in shown}
    return [
        *(f"{name}: no default" for name, default in asked if not default),
        *sorted(f"{name}: on one side only" for name in differing),
        *(f"{name}: shown as {value}" for name, value in shown if defaults.get(name, value) != value),
    ]


def unknown_to_git(names: Sequence[str]) -> list[str]:
    """R05: files that git neither has nor would add."""
    known = run("git", "ls-files", "--cached", "--others", "--exclude-standard", *names).split()
    return [name for name in names if name not in known]


def networks_of_others(files: Texts) -> list[str]:
    """R08: anybody on the default bridge or the host's network, and a way in or out for the app or its database."""
    on = {name: sorted(service.get("networks", ["default"])) for name, service in services(files).items()}
    expected = _NETWORKS_WITH_POSTGRESQL if "db" in on else _NETWORKS
    declared = {name for names in expected.values() for name in names}
    internal = {name for name, network in networks(files).items() if network.get("internal") is True}
    return [
        *(f"{name} is on {', '.join(found)}" for name, found in on.items() if found != expected.get(name)),
        *(f"{name}: network_mode" for name, service in services(files).items() if "network_mode" in service),
        *(f"{name}: links" for name, service in services(files).items() if "links" in service),
        *(f"{name} is not declared" for name in declared - networks(files).keys()),
        *(f"{name} is not internal" for name in declared - {"front"} - internal),
    ]


def ports_too_many(files: Texts) -> list[str]:
    """R09, R27: a port of anybody but nginx, or one without the host's address written down."""
    found = [name for name, service in services(files).items() if "ports" in service and name != "nginx"]
    for port in services(files)["nginx"]["ports"]:
        address = port.get("host_ip") if isinstance(port, dict) else None
        if address != "${OBOEGAKI_LISTEN:-127.0.0.1}" or port["published"] != "${OBOEGAKI_PORT:-8080}":
            found.append(f"nginx: {port}")
    return found


def unlimited(files: Texts) -> list[str]:
    """R11, R15 and hardening: what a service lacks or has too much of."""
    found = []
    for name, service in services(files).items():
        expected = {
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "read_only": True,
            "restart": "unless-stopped",
        }
        found += [f"{name}: {key}" for key, value in expected.items() if service.get(key) != value]
        missing = {"mem_limit", "pids_limit", "healthcheck", "tmpfs", "logging", "stop_grace_period"} - service.keys()
        allowed = {"privileged", "cap_add", "devices", "pid", "ipc", "userns_mode"} & service.keys()
        found += sorted(f"{name}: {key}" for key in missing | allowed)
        if "max-size" not in str(service.get("logging")):
            found.append(f"{name}: a log without an end")
    return found


def mounts_of_another_kind(files: Texts) -> list[str]:
    """R14: cards that are not a read-only bind mount, data that is not in a named volume, a bind without its label."""
    keeping = (service for name, service in services(files).items() if name != "nginx")
    mounts = {
        (m["type"], m["source"], m["target"], m.get("read_only", False)) for one in keeping for m in one["volumes"]
    }
    expected = {("volume", "data", "/data", False), ("bind", "./cards", "/cards", True)}
    if "db" in services(files):
        expected |= {("volume", "database", "/var/lib/postgresql/data", False)}
    every = (mount for service in services(files).values() for mount in service["volumes"])
    bound = (mount for mount in every if mount["type"] == "bind")
    labelled = {"selinux": "z", "create_host_path": True}
    unlabelled = [mount["source"] for mount in bound if mount.get("bind") != labelled]
    return [str(mount) for mount in mounts ^ expected] + unlabelled


def passwords_in_the_open(files: Texts) -> list[str]:
    """What `docker container inspect` would show: settings that hold a password instead of naming its file."""
    settings = [
        (f"{service}: {name}", str(value))
        for service, found in services(files).items()
        for name, value in found.get("environment", {}).items()
    ]
    return [name for name, value in settings if name.endswith("PASSWORD") or re.search(r"://[^/@]*:[^/@{]+@", value)]


def log_files(files: Texts) -> list[str]:
    """R12: a log that does not go to standard output or standard error."""
    said = re.findall(r"^\s*((?:access|error)_log\s+([^\s;]+)[^;]*);", of_nginx(files), re.MULTILINE)
    uwsgi = re.findall(r"^((?:logto2?|daemonize|req-logger|logger)\s*=.*)$", files["uwsgi.ini"], re.MULTILINE)
    return [line for line, to in said if to not in ("/dev/stdout", "stderr", "off")] + uwsgi


def let_in_too_much(files: Texts) -> list[str]:
    """R19: a build context that holds more or less than the Dockerfile copies."""
    found = []
    for folder in ("", "nginx/"):
        lines = files[f"{folder}.dockerignore"].splitlines()
        let_in = {line[1:] for line in lines if line.startswith("!")}
        copies = [rest for name, rest in instructions(files[f"{folder}Dockerfile"]) if name == "COPY"]
        words = [word for rest in copies if "--from" not in rest for word in rest.split()[:-1]]
        found += [] if "*" in lines else [f"{folder}.dockerignore: not everything stays out"]
        found += sorted(folder + name for name in let_in ^ {word for word in words if not word.startswith("--")})
    return found


def unsaid_about_firewalls(files: Texts) -> list[str]:
    """R26: what the README's section on firewalls leaves out."""
    section = files["README.md"].partition("### What a firewall must do")[2].partition("\n## ")[0]
    words = ("no access control", "accounts", "OBOEGAKI_LISTEN", "firewall", "DOCKER-USER")
    return [word for word in words if word not in section]


def missing_in_make(files: Texts) -> list[str]:
    """R30: targets that one debugs with, listed with a line each, and what they call."""
    recipes = dict(re.findall(r"^([a-z]+): ## .+\n\t@(.+)$", files["Makefile"], re.MULTILINE))
    return [name for name, command in _DEBUGGING.items() if not recipes.get(name, "").startswith(command)]
