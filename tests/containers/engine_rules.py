"""The memo's rules as a running container shows them: each function says what breaks one, in a line each."""

import re

from tests.containers.engine import Known, changed, commands, first_process, mounts, within

MIB = 1024 * 1024

_COMES_OR_GOES = r"(\S*/)?runc init|\[(python\S*|curl|runc\S*)\]( <defunct>)?"
_HEALTH = rf"python -I /opt/oboegaki/app/probe\.py|curl --fail .*|/usr/bin/(python\d?|curl) .*|{_COMES_OR_GOES}"
_AT_WORK = {
    "app": re.compile(rf"\s*\d+ +(\S+/python (-I \S+/app/stopping\.py )?\S+/uwsgi --ini .*|{_HEALTH})"),
    "nginx": re.compile(
        rf"\s*\d+ +(nginx: (master process|worker process|cache (manager|loader) process)\b.*|{_HEALTH})"
    ),
}
_SCRATCH = "/tmp"  # noqa: S108 - of a container
_WRITABLE = {
    "app": {"/data", _SCRATCH},
    "nginx": {_SCRATCH},
    "db": {"/var/lib/postgresql/data", "/run/postgresql", _SCRATCH},
}
_OF_THE_KERNEL = re.compile(r"/(dev|proc|sys)(/.*)?")
_LOG_LINE = r"(GET|POST) /[a-z/-]* |\[(error|warn)\]"
_LIMITS = {"app": (768 * MIB, 200), "nginx": (256 * MIB, 50), "db": (512 * MIB, 200)}
_USERS = {"app": "10001", "nginx": "101", "db": "999"}
_NO_CAPABILITY = "0" * 16
_MEMORY_FILES = "/sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes"
_PIDS_FILES = "/sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max"


def service_of(known: Known) -> str:
    """Which service a container belongs to."""
    return str(known["Config"]["Labels"]["com.docker.compose.service"])


def strangers(known: Known) -> list[str]:
    """R06: processes that are neither the service nor its health check."""
    at_work = _AT_WORK[service_of(known)]
    return [line for line in commands(known["Id"]) if not at_work.fullmatch(line)]


def default_networks(known: Known) -> list[str]:
    """R08: networks that are not the project's own."""
    project = known["Config"]["Labels"]["com.docker.compose.project"]
    names = ("back", "front") if service_of(known) == "nginx" else ("back", "front", "database")
    own = {f"{project}_{name}" for name in names}
    return [name for name in known["NetworkSettings"]["Networks"] if name not in own]


def ports_elsewhere(known: Known, port: int) -> list[str]:
    """R09, R27: published ports, but for nginx's own on 127.0.0.1."""
    bound = known["HostConfig"]["PortBindings"] or {}
    mine = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]} if service_of(known) == "nginx" else {}
    return [] if bound == mine else [str(bound)]


def writable(known: Known) -> list[str]:
    """R11: what was written outside the data, and what could be."""
    places = mounts(known["Id"])
    allowed = _WRITABLE[service_of(known)]
    free = [place for place, (_, options) in places.items() if "rw" in options and not _OF_THE_KERNEL.fullmatch(place)]
    return [
        *changed(known["Id"]),
        *(place for place in free if place not in allowed),
        *([] if known["HostConfig"]["ReadonlyRootfs"] else ["the root is writable"]),
    ]


def log_files(known: Known) -> list[str]:
    """R12: files with a line of a log in them, below what can be written, and below /var/log."""
    places = [*sorted(_WRITABLE[service_of(known)]), "/var/log"]
    found = within(known["Id"], "sh", "-c", f"grep -rlE '{_LOG_LINE}' {' '.join(places)} || true")
    return found.splitlines()


def wrong_mounts(known: Known) -> list[str]:
    """R04, R14: mounts but for cards or certificates, bound read-only, and the data in a named volume."""
    project = known["Config"]["Labels"]["com.docker.compose.project"]
    folder = known["Config"]["Labels"]["com.docker.compose.project.working_dir"]
    expected = {
        "app": {("volume", f"{project}_data", "/data", True), ("bind", f"{folder}/cards", "/cards", False)},
        "nginx": {("bind", f"{folder}/certificates", "/certificates", False)},
    }
    found = {(m["Type"], m.get("Name") or m["Source"], m["Destination"], m["RW"]) for m in known["Mounts"]}
    return [str(mount) for mount in found ^ expected[service_of(known)]]


def unlabelled(known: Known) -> list[str]:
    """R14: folders of the host that a container could not read where SELinux is on."""
    bound = [m for m in known["Mounts"] if m["Type"] == "bind"]
    return [str(mount) for mount in bound if "z" not in mount["Mode"].split(",")]


def no_scratch(known: Known) -> list[str]:
    """R15: a /tmp that is not tmpfs, or without an end."""
    kind, options = mounts(known["Id"]).get(_SCRATCH, ("nothing", []))
    sized = any(option.startswith("size=") for option in options)
    return [] if kind == "tmpfs" and sized else [f"{_SCRATCH} is {kind} {options}"]


def rights(known: Known) -> list[str]:
    """A user that is root, capabilities, or a way to new privileges."""
    status = first_process(known["Id"])
    expected = {name: _NO_CAPABILITY for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")} | {
        "NoNewPrivs": "1"
    }
    found = [f"{name} {status[name]}" for name, value in expected.items() if status[name] != value]
    users = {*status["Uid"].split(), *status["Gid"].split()}
    return found + ([] if users == {_USERS[service_of(known)]} else [f"runs as {sorted(users)}"])


def unlimited(known: Known) -> list[str]:
    """Limits of memory and processes as they stand in the container's control group (version 1 or 2)."""
    memory, pids = _LIMITS[service_of(known)]
    limits = within(known["Id"], "sh", "-c", f"cat {_MEMORY_FILES} {_PIDS_FILES} 2>/dev/null; true").split()
    return [] if limits == [str(memory), str(pids)] else [f"limits {limits}"]
