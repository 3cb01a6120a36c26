"""The memo's rules that Dockerfiles show by themselves: each function says what breaks one, in a line each."""

import re
import tomllib
from collections.abc import Mapping

from tests.containers.texts import DOCKERFILES, SHELL_FILES, Texts, instructions, of_nginx, runs, services

_SHORT_FORMS = (
    "attach|build|commit|cp|create|diff|exec|export|history|images|import|info|inspect|kill|load|logs|pause|port|ps|pull|"
    "push|rename|restart|rm|rmi|run|save|start|stats|stop|tag|top|unpause|update|wait"
)
_UNGROUPED = re.compile(rf"\bdocker\s+(?:{_SHORT_FORMS})\b|\bdocker-compose\s+[a-z]+")
_LISTENED_ON = {"Dockerfile": "3031", "nginx/Dockerfile": "8080"}
_LABELS = ("title", "description", "licenses", "base.name")
_COMPILERS = re.compile(r"\b(gcc|g\+\+|clang|build-essential|make)\b")


def ungrouped_commands(files: Texts) -> list[str]:
    """R01: Docker commands in the old form, and docker-compose as a program of its own."""
    return [found for name in SHELL_FILES for found in _UNGROUPED.findall(files[name])]


def configuration_outside_the_image(files: Texts) -> list[str]:
    """R04: nginx without an image of its own on the official one, or with something mounted but certificates."""
    steps = instructions(files["nginx/Dockerfile"])
    copied = [rest.split()[-1] for name, rest in steps if name == "COPY"]
    needed = ("/etc/nginx/nginx.conf", "/etc/nginx/templates", "/etc/nginx/oboegaki/")
    mounted = [str(mount["target"]) for mount in services(files)["nginx"]["volumes"]]
    return [
        *(rest for name, rest in steps if name == "FROM" and not re.fullmatch(r"nginx:\d+\.\d+", rest)),
        *(f"{place} is not copied in" for place in needed if place not in copied),
        *(f"{place} is mounted" for place in mounted if place != "/certificates"),
    ]


def images_without_a_dockerfile(files: Texts) -> list[str]:
    """R17: a service of a ready image but for an official PostgreSQL, or an image made with `commit`."""
    others = {name: service for name, service in services(files).items() if not _is_postgresql(service)}
    ready = [name for name, service in others.items() if "image" in service or "build" not in service]
    commits = [name for name in SHELL_FILES if re.search(r"docker (container )?commit", files[name])]
    return ready + commits


def _is_postgresql(service: Mapping[str, object]) -> bool:
    return "build" not in service and re.fullmatch(r"postgres:\d+", str(service.get("image"))) is not None


def source_before_packages(files: Texts) -> list[str]:
    """R18: steps that copy the app before its packages are installed from the lock file."""
    steps = instructions(files["Dockerfile"])
    installs = [place for place, (name, rest) in enumerate(steps) if name == "RUN" and "--require-hashes -r" in rest]
    if not installs:
        return ["nothing is installed from the lock file"]
    copies = [rest for name, rest in steps[: max(installs)] if name == "COPY" and "--from" not in rest]
    return [rest for rest in copies if not rest.startswith("requirements")]


def compilers_in_the_last_stage(files: Texts) -> list[str]:
    """R20: no stage named builder, or a compiler installed in the stage that is shipped."""
    stages = re.split(r"^FROM ", files["Dockerfile"], flags=re.MULTILINE)
    missing = (
        [] if re.search(r"^\S+ AS builder$", files["Dockerfile"].replace("FROM ", ""), re.MULTILINE) else ["builder"]
    )
    taken = [] if "COPY --from=builder" in stages[-1] else ["the last stage takes nothing from the builder"]
    return missing + taken + [rest for rest in runs("FROM " + stages[-1]) if _COMPILERS.search(rest)]


def uncleaned(files: Texts) -> list[str]:
    """R21: steps that install and leave apt's lists or pip's cache in the layer."""
    found = []
    for name in DOCKERFILES:
        steps = runs(files[name])
        found += [rest for rest in steps if "apt-get install" in rest and "rm -rf /var/lib/apt/lists/*" not in rest]
        found += [rest for rest in steps if "apt-get update" in rest and "apt-get install" not in rest]
        if any("pip install" in rest for rest in steps) and "PIP_NO_CACHE_DIR=1" not in files[name]:
            found.append(f"{name}: pip keeps a cache")
    return found


def heavy_base(files: Texts) -> list[str]:
    """R22: a base that is not slim Debian, or no reason beside it."""
    dockerfile = files["Dockerfile"]
    bases = {rest.split()[0] for name, rest in instructions(dockerfile) if name == "FROM"}
    known = {"${BASE}", "scratch", "compiler", "pysqlite3-${TARGETARCH}"}
    return [
        *(["another base"] if "\nARG BASE=python:3.13-slim-trixie\n" not in dockerfile else []),
        *(["no reason"] if "not Alpine" not in dockerfile.partition("ARG BASE")[0] else []),
        *sorted(bases - known),
    ]


def misused_instructions(files: Texts) -> list[str]:
    """R23: shell form, root or a named user, `cd`, missing labels, a port that nobody listens on."""
    found = []
    for file in DOCKERFILES:
        steps = instructions(files[file])
        last = dict(steps)
        if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", last.get("USER", "")):
            found.append(f"{file}: USER {last.get('USER')}")
        found += [f"{file}: {name} {rest}" for name, rest in steps if name in ("CMD", "ENTRYPOINT") and rest[0] != "["]
        found += [f"{file}: {rest}" for rest in runs(files[file]) if re.search(r"(^|&& )cd ", rest)]
        labels = last.get("LABEL", "")
        found += [f"{file}: no label {name}" for name in _LABELS if f"org.opencontainers.image.{name}=" not in labels]
        if last.get("EXPOSE") != _LISTENED_ON[file]:
            found.append(f"{file}: EXPOSE {last.get('EXPOSE')}")
    version = tomllib.loads(files["pyproject.toml"])["project"]["version"]
    if ("ARG", f"VERSION={version}") not in instructions(files["Dockerfile"]):
        found.append("Dockerfile: another VERSION than the program's")
    return found


def other_protocols(files: Texts) -> list[str]:
    """R25: anything but the uwsgi protocol between nginx and the app."""
    nginx, command = of_nginx(files), dict(instructions(files["Dockerfile"]))["CMD"]
    needed = ("include /etc/nginx/uwsgi_params;", "uwsgi_pass $app;", "set $app app:3031;")
    return [
        *(f"nginx: no {words}" for words in needed if words not in nginx),
        *(["nginx: proxy_pass"] if "proxy_pass" in nginx else []),
        *([f"CMD {command}"] if command != '["serve", "--socket", "0.0.0.0:3031"]' else []),
    ]
