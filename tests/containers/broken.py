"""Containers that break every rule at once, from the project's own compose file: the tests of rules must see it.

What they print is searched for secrets, too, before they are taken away.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copy2, copytree

from tests import canaries
from tests.containers.engine import Known, inspect, printed
from tests.containers.stack import PROJECT, Stack, build, run
from tests.ports import free_port

OTHER_NGINX = f"oboegaki-other-{os.getpid()}"
_PATIENCE_SECONDS = 30

_OVERRIDE = """
services:
  app:
    image: {app}
    build: !reset null
    read_only: false
    cap_drop: !reset []
    security_opt: !reset []
    user: "0:0"
    tmpfs: !reset []
    mem_limit: !reset null
    pids_limit: !reset null
    healthcheck: !reset null
    entrypoint: [sleep, "600"]
    command: !reset []
    volumes: !override [{{type: bind, source: ./cards, target: /cards}}, {{type: bind, source: ./own, target: /data}}]
    networks: !reset []
    network_mode: bridge
    ports: ["3031"]
  nginx:
    image: {nginx}
    build: !reset null
    read_only: false
    cap_drop: !reset []
    security_opt: !reset []
    user: "0:0"
    tmpfs: !reset []
    mem_limit: !reset null
    pids_limit: !reset null
    healthcheck: !reset null
    depends_on: !reset []
    entrypoint: [sleep, "600"]
    volumes: !override [{{type: bind, source: ./conf, target: /etc/nginx/conf.d, read_only: true}}]
    networks: !override [default]
    ports: !override ["8080"]
"""


@contextmanager
def broken_stack(stack: Stack, folder: Path) -> Iterator[dict[str, Known]]:
    """App and nginx of the same images, asleep, with nothing that protects them; by service."""
    for name in ("own", "conf"):
        (folder / name).mkdir()
    copytree(PROJECT / "cards", folder / "cards")
    copy2(PROJECT / "docker-compose.yml", folder)
    override = folder / "docker-compose.override.yml"
    override.write_text(_OVERRIDE.format(app=f"{stack.name}-app", nginx=f"{stack.name}-nginx"))
    project = f"oboegaki-broken-{os.getpid()}"
    compose = ("docker", "compose", "--project-name", project)
    try:
        run(*compose, "up", "--detach", cwd=folder, env={"OBOEGAKI_PORT": str(stack.port)})
        names = {service: f"{project}-{service}-1" for service in ("app", "nginx")}
        with canaries.searched(f"the logs of {project}", lambda: "\n".join(map(printed, names.values()))):
            yield {service: inspect(name) for service, name in names.items()}
    finally:
        run(*compose, "down", "--volumes", "--timeout", "0", cwd=folder)


@contextmanager
def other_nginx(stack: Stack, folder: Path, *edits: tuple[str, str, str]) -> Iterator[str]:
    """One more nginx in front of a stack's app, from a configuration edited by (file, was, now); its address.

    Its container is called OTHER_NGINX; its log is searched for secrets at the end.
    """
    name, port = OTHER_NGINX, free_port()
    tree = copytree(stack.tree / "nginx", folder / "other-nginx")
    for file, was, now in edits:
        assert was in (tree / file).read_text(), f"{file} does not say {was!r} any more"
        (tree / file).write_text((tree / file).read_text().replace(was, now, 1))
    build(tree, name)
    options = ("--name", name, "--tmpfs", "/tmp", "--publish", f"127.0.0.1:{port}:8080")  # noqa: S108 - in there
    try:
        run("docker", "container", "create", *options, "--network", f"{stack.name}_front", name)
        run("docker", "network", "connect", f"{stack.name}_back", name)
        run("docker", "container", "start", name)
        with canaries.searched(f"the log of {name}", lambda: printed(name)):
            _wait_for_nginx(name)
            yield f"http://127.0.0.1:{port}"
    finally:
        run("docker", "container", "rm", "--force", name)
        run("docker", "image", "rm", "--force", name)


def _wait_for_nginx(name: str) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while "nginx.pid" not in run("docker", "container", "exec", name, "ls", "/tmp"):  # noqa: S108
        assert time.monotonic() < end, f"{name} does not start"
        time.sleep(0.1)
