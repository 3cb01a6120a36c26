"""The memo's rules that the files show by themselves; each is also shown to see a file that breaks it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.containers.stack import PROJECT, run

DOCKERFILES = ("Dockerfile", "nginx/Dockerfile")
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

_SHORT_FORMS = (
    "attach|build|commit|cp|create|diff|exec|export|history|images|import|info|inspect|kill|load|logs|pause|port|ps|pull|"
    "push|rename|restart|rm|rmi|run|save|start|stats|stop|tag|top|unpause|update|wait"
)
_UNGROUPED = re.compile(rf"\bdocker\s+(?:{_SHORT_FORMS})\b|\bdocker-compose\s+[a-z]")
_ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_LISTENED_ON = ("0.0.0.0", "127.0.0.1")  # noqa: S104 - compared with, not listened on


def text_of(*names: str) -> str:
    """Some of the project's files, one after the other."""
    return "\n".join((PROJECT / name).read_text() for name in names)


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """A Dockerfile's instructions with their arguments, without comments, on one line each."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE))
    pairs = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(name.upper(), rest.strip()) for name, _, rest in pairs]


def ungrouped(text: str) -> list[str]:
    """Docker commands in the old form, and docker-compose as a program of its own."""
    return _UNGROUPED.findall(text)


def test_r01_commands_are_written_in_the_grouped_form() -> None:
    """In the Makefile, the README and the scripts; compose is `docker compose`."""
    scripts = [f"nginx/{path.name}" for path in (PROJECT / "nginx").glob("*.envsh")]
    assert ungrouped(text_of("Makefile", "README.md", ".ci/run", ".env.example", *scripts)) == []
    assert ungrouped("docker ps\ndocker-compose up\ndocker container ls") == ["docker ps", "docker-compose u"]


def foreign_addresses(text: str) -> list[str]:
    """IP addresses that are not this machine's own to listen on."""
    return [address for address in _ADDRESS.findall(text) if address not in _LISTENED_ON]


def test_r03_no_file_of_the_containers_holds_an_address_of_another_machine() -> None:
    """Names are looked up when they are needed, and what differs between machines comes from the environment."""
    nginx = [str(path.relative_to(PROJECT)) for path in (PROJECT / "nginx").rglob("*") if path.is_file()]
    assert foreign_addresses(text_of("docker-compose.yml", "uwsgi.ini", "Dockerfile", *nginx)) == []
    assert foreign_addresses("uwsgi_pass 172.18.0.3:3031;") == ["172.18.0.3"]


def test_r03_every_setting_has_a_default_and_stands_in_the_example() -> None:
    """Compose asks for nothing that is not set, and `.env.example` shows every name and no other."""
    asked = re.findall(r"\$\{(\w+)(:-)?", (PROJECT / "docker-compose.yml").read_text())
    assert [name for name, default in asked if not default] == []
    shown = re.findall(r"^#(OBOEGAKI_\w+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(shown) == sorted({name for name, _ in asked})


def test_r03_the_example_shows_the_defaults_themselves() -> None:
    """Where a setting's default is a word, the line that is commented out says that word."""
    compose, example = text_of("docker-compose.yml"), text_of(".env.example")
    defaults = dict(re.findall(r"\$\{(\w+):-([\w.]+)\}", compose)) | {"OBOEGAKI_TIME_ZONE": "Asia/Tokyo"}
    assert len(defaults) > 8
    for name, default in defaults.items():
        assert f"#{name}={default}\n" in example, name


def test_r04_nginx_has_an_image_of_its_own_with_its_configuration_inside() -> None:
    """Nothing that is mounted is a configuration: the certificates are the user's."""
    steps = instructions(text_of("nginx/Dockerfile"))
    assert steps[0][0] == "FROM"
    assert re.fullmatch(r"nginx:\d+\.\d+", steps[0][1])
    assert ("COPY", "nginx.conf /etc/nginx/nginx.conf") in steps
    assert ("COPY", "templates /etc/nginx/templates") in steps
    assert [mount["target"] for mount in SERVICES["nginx"]["volumes"]] == ["/certificates"]


@pytest.mark.parametrize("name", [*DOCKERFILES, "docker-compose.yml", ".dockerignore", ".env.example"])
def test_r05_what_makes_the_containers_is_kept_in_git(name: str) -> None:
    """Known to git, or about to be: not ignored."""
    assert run("git", "ls-files", "--cached", "--others", "--exclude-standard", name).strip() == name


def test_r08_networks_are_declared_and_the_apps_has_no_way_out_or_in() -> None:
    """Names resolve on a network of one's own only; nobody is on the default bridge or the host's network."""
    assert set(COMPOSE["networks"]) == {"front", "back"}
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert SERVICES["app"]["networks"] == ["back"]
    assert sorted(SERVICES["nginx"]["networks"]) == ["back", "front"]
    assert [name for name, service in SERVICES.items() if "network_mode" in service or "links" in service] == []


def test_r09_and_r27_nginx_alone_publishes_a_port_and_on_this_machine_unless_told_otherwise() -> None:
    """The host's address is always written down: without one, a port is published everywhere."""
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    (port,) = SERVICES["nginx"]["ports"]
    assert port["host_ip"] == "${OBOEGAKI_LISTEN:-127.0.0.1}"
    assert port["published"] == "${OBOEGAKI_PORT:-8080}"


def test_r17_images_are_made_by_dockerfiles_and_never_by_commit() -> None:
    """Each service is built from a Dockerfile here, and nothing calls `docker container commit`."""
    for service in SERVICES.values():
        assert (PROJECT / service["build"]["context"] / "Dockerfile").is_file()
        assert "image" not in service
    assert not re.search(r"docker (container )?commit", text_of("Makefile", "README.md", ".ci/run"))


def test_r18_packages_are_installed_before_the_source_is_copied() -> None:
    """The lock file comes first, the app last."""
    steps = instructions(text_of("Dockerfile"))
    copied_app = steps.index(("COPY", "app app"))
    installs = [place for place, (name, rest) in enumerate(steps) if name == "RUN" and "--require-hashes" in rest]
    assert installs
    assert max(installs) < copied_app


def uncleaned(dockerfile: str) -> list[str]:
    """RUN instructions that install with apt and leave its lists in the layer."""
    runs = [rest for name, rest in instructions(dockerfile) if name == "RUN"]
    return [rest for rest in runs if "apt-get install" in rest and "rm -rf /var/lib/apt/lists/*" not in rest]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_r21_what_installs_cleans_up_in_the_same_layer(name: str) -> None:
    """One RUN updates, installs and cleans; pip keeps no cache."""
    dockerfile = text_of(name)
    assert uncleaned(dockerfile) == []
    assert "pip install" not in dockerfile or "PIP_NO_CACHE_DIR=1" in dockerfile
    assert uncleaned("FROM a\nRUN apt-get update \\\n && apt-get install -y gcc\n") != []


def test_r22_the_base_is_slim_debian_and_the_reason_stands_beside_it() -> None:
    """By ARG, so that another release can be tried without an edit."""
    dockerfile = text_of("Dockerfile")
    assert "\nARG BASE=python:3.13-slim-trixie\n" in dockerfile
    assert "not Alpine" in dockerfile.partition("ARG BASE")[0]
    assert {rest.split()[0] for name, rest in instructions(dockerfile) if name == "FROM"} == {
        "${BASE}",
        "scratch",
        "compiler",
        "pysqlite3-${TARGETARCH}",
    }


@pytest.mark.parametrize("name", DOCKERFILES)
def test_r23_every_instruction_is_used_for_what_it_is_for(name: str) -> None:
    """Exec form, a numeric user that is not root, WORKDIR rather than cd, OCI labels, the port that is listened on."""
    steps = instructions(text_of(name))
    last = dict(steps)
    user, _, group = last["USER"].partition(":")
    assert user.isdecimal()
    assert int(user) > 0
    assert group.isdecimal()
    assert all(rest.startswith("[") for step, rest in steps if step in ("CMD", "ENTRYPOINT"))
    assert not any(re.search(r"(^|&& )cd ", rest) for step, rest in steps if step == "RUN")
    for label in ("title", "description", "licenses", "base.name"):
        assert f"org.opencontainers.image.{label}=" in last["LABEL"]
    assert last["EXPOSE"] == {"Dockerfile": "3031", "nginx/Dockerfile": "8080"}[name]


def test_r23_the_images_version_is_the_programs() -> None:
    """The label's default follows pyproject.toml."""
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert ("ARG", f"VERSION={version}") in instructions(text_of("Dockerfile"))


def test_r25_between_nginx_and_the_app_the_uwsgi_protocol_is_spoken() -> None:
    """`uwsgi_pass` with nginx's own parameters, and no `proxy_pass` anywhere."""
    nginx = "\n".join(path.read_text() for path in (PROJECT / "nginx").rglob("*") if path.is_file())
    assert "include /etc/nginx/uwsgi_params;" in nginx
    assert "uwsgi_pass $app;" in nginx
    assert "set $app app:3031;" in nginx
    assert "proxy_pass" not in nginx
    assert dict(instructions(text_of("Dockerfile")))["CMD"] == '["serve", "--socket", "0.0.0.0:3031"]'


def test_r26_the_readme_says_that_accounts_keep_people_out_and_what_a_firewall_must_do() -> None:
    """The address that is listened on is not a lock."""
    section = text_of("README.md").partition("### What a firewall must do")[2].partition("\n## ")[0]
    assert "no access control" in section
    for word in ("accounts", "OBOEGAKI_LISTEN", "firewall", "DOCKER-USER"):
        assert word in section, word


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("logs", "docker compose logs --follow --timestamps"),
        ("stats", "docker container stats"),
        ("shell", "docker compose exec app bash"),
        ("ps", "docker compose ps"),
    ],
)
def test_r30_make_has_what_one_debugs_with(target: str, command: str) -> None:
    """And `make` alone lists it with a line."""
    recipe = re.search(rf"^{target}: ## .+\n\t@(.+)$", text_of("Makefile"), re.MULTILINE)
    assert recipe
    assert recipe[1].startswith(command)


def test_every_container_is_hardened_and_limited() -> None:
    """No capability, no new privileges, a read-only root, limits on memory and processes, health, logs that end."""
    for service in SERVICES.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["read_only"] is True
        assert service["restart"] == "unless-stopped"
        assert {"mem_limit", "pids_limit", "healthcheck", "tmpfs"} <= set(service)
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
        assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service)


@pytest.mark.parametrize("name", DOCKERFILES)
def test_hadolint_finds_nothing(name: str) -> None:
    """And what it is told to overlook has its reason in the line above."""
    lines = text_of(name).splitlines()
    for number, line in enumerate(lines):
        assert "hadolint ignore" not in line or lines[number - 1].startswith("# ")
    run(str(PROJECT / ".venv/bin/hadolint"), name)


def test_compose_lint_finds_nothing_without_a_written_reason() -> None:
    """The reasons are in .compose-lint.yml."""
    run(str(PROJECT / ".venv/bin/compose-lint"), "--fail-on", "low", "docker-compose.yml")
    reasons = yaml.safe_load(text_of(".compose-lint.yml"))["rules"]
    assert all(len(reason.split()) > 4 for rule in reasons.values() for reason in rule["exclude_services"].values())


def files_of(context: Path) -> set[str]:
    """What a build context's `.dockerignore` lets in, by name."""
    lines = (context / ".dockerignore").read_text().splitlines()
    return {line[1:] for line in lines if line.startswith("!")}


@pytest.mark.parametrize("context", [".", "nginx"])
def test_r19_the_context_holds_what_the_dockerfile_copies_and_nothing_else(context: str) -> None:
    """Everything is left out, and what is copied is let in by name: a secret is left out without being thought of."""
    folder = PROJECT / context
    assert "\n*\n" in f"\n{(folder / '.dockerignore').read_text()}"
    copies = [rest for name, rest in instructions((folder / "Dockerfile").read_text()) if name == "COPY"]
    words = [word for rest in copies if "--from" not in rest for word in rest.split()[:-1]]
    assert {word for word in words if not word.startswith("--")} == files_of(folder)
