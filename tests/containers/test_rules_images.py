"""The memo's rules as the images show them, layer by layer; and an image made without care, which must be seen.

Shown able to fail by hand, in copies: with apt's lists left in the last stage the test of R13 is red, with `COPY app
app` before the packages that of R18. The test of R19 was red before .dockerignore left out hidden files.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from uuid import uuid4

import pytest

from tests.containers.layers import added_files, hits, left_over
from tests.containers.stack import PROJECT, Stack, build, image, run

BASES = {"app": "python:3.13-slim-trixie", "nginx": "nginx:1.28"}
MOST_OF_THE_BASE = 1.6
CANARIES = {"a setting": "canary-in-a-setting", "a key": "canary-in-a-key", "a card": "canary-in-a-deck"}
_PLANTED = {
    ".env": "OBOEGAKI_SECRET_KEY=canary-in-a-setting",
    "app/.env": "canary-in-a-setting",
    "data/secret_key": "canary-in-a-key",
    "certificates/privkey.pem": "canary-in-a-key",
    "nginx/privkey.pem": "canary-in-a-key",
    "cards/own.md": "canary-in-a-deck",
    "backups/oboegaki.db": "canary-in-a-deck",
}
"""Where people have secrets; .env below app/ is not named by anything, and stays out all the same."""
_CARELESS = """FROM {app}
USER 0
ENTRYPOINT oboegaki serve
RUN mkdir -p ~/.cache/pip && echo canary-in-a-key >~/.cache/pip/wheel && echo >/var/lib/apt/lists/some
RUN install /bin/true /usr/bin/gcc && rm -r ~/.cache /var/lib/apt/lists/*
"""
_BUILDER = ("--target", "builder")
_CONTEXT = "FROM scratch\nCOPY . /\n"
_MOST_BYTES_OF_A_CONTEXT = 4 * 1024 * 1024


@dataclass(frozen=True)
class Built:
    """An image of these tests, and what its build said."""

    name: str
    log: str
    tree: Path


class Builder:
    """Builds images with names of their own."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def build(self, tree: Path, *options: str) -> Built:
        """Build the image of a folder."""
        self.made.append(f"oboegaki-test-{os.getpid()}-image-{len(self.made)}")
        return Built(self.made[-1], build(tree, self.made[-1], *options), tree)


@pytest.fixture(scope="module")
def builder(engine: None) -> Iterator[Builder]:
    """Takes away in the end what was built."""
    images = Builder()
    yield images
    if images.made:
        run("docker", "image", "rm", "--force", *images.made)


@pytest.fixture(scope="module")
def rebuilt(stack: Stack, builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The app's image after a change of the app, in a tree full of secrets that only its owner may read.

    Right after the shared stack's.
    """
    tree = copytree(stack.tree, tmp_path_factory.mktemp("rebuilt") / "tree")
    for name, content in _PLANTED.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(content)
    module = tree / "app/clock.py"
    module.write_text(module.read_text() + f"\n# {uuid4()}: a change that no earlier run built\n")
    for name in ("app", "migrations", "uwsgi.ini"):
        hide(tree / name)
    return builder.build(tree)


def hide(path: Path) -> None:
    """Take everybody's rights but the owner's, as in a clone that was made with umask 077."""
    for each in (path, *path.rglob("*")):
        each.chmod(each.stat().st_mode & 0o700)


@pytest.fixture(scope="module")
def files(rebuilt: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the layers of the app's image hold beyond its base."""
    return dict(added_files(rebuilt.name, BASES["app"], tmp_path_factory.mktemp("layers")))


@pytest.fixture(scope="module")
def careless(rebuilt: Built, builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """An image on the app's, as root, in shell form, with things left over that a later layer deletes."""
    folder = tmp_path_factory.mktemp("careless")
    (folder / "Dockerfile").write_text(_CARELESS.format(app=rebuilt.name))
    return builder.build(folder)


def test_r04_the_image_of_nginx_is_the_official_one_and_the_configuration(stack: Stack, tmp_path: Path) -> None:
    """File by file as in the repository, and what is not its own is the base's."""
    added = dict(added_files(f"{stack.name}-nginx", BASES["nginx"], tmp_path))
    own = {"nginx.conf": "etc/nginx/nginx.conf", "app.conf": "etc/nginx/oboegaki/app.conf"}
    own |= {
        f"templates/{path.name}": f"etc/nginx/templates/{path.name}" for path in (PROJECT / "nginx/templates").iterdir()
    }
    assert len(own) > 4
    for name, place in own.items():
        assert added[place] == (stack.tree / "nginx" / name).read_bytes(), name
    assert (
        configuration(BASES["nginx"]) != configuration(f"{stack.name}-nginx") == added["etc/nginx/nginx.conf"].decode()
    )


def configuration(name: str) -> str:
    """nginx's main file as an image has it."""
    return run("docker", "container", "run", "--rm", "--entrypoint", "cat", name, "/etc/nginx/nginx.conf")


def test_r13_no_layer_holds_what_only_building_needs(
    rebuilt: Built, files: dict[str, bytes], careless: Built, tmp_path: Path
) -> None:
    """No apt lists, no caches, no compiler, no pip; what a later layer deletes is still in the image, and seen."""
    assert len(files) > 1000
    assert left_over(files) == []
    found = left_over(name for name, _ in added_files(careless.name, rebuilt.name, tmp_path))
    assert sorted(found) == ["tmp/.cache/pip/wheel", "usr/bin/gcc", "var/lib/apt/lists/some"]


def test_r18_a_change_of_the_app_reuses_what_is_installed(rebuilt: Built) -> None:
    """The build log says CACHED for all that installs packages, and not for what copies the app."""
    assert not_reused(rebuilt.log) == []
    assert len(not_reused(rebuilt.log.replace("CACHED", "DONE 9.9s"))) == 3, "one compiler, one lock file, one library"
    assert "COPY app app" in " ".join(made_anew(rebuilt.log))


def made_anew(log: str) -> list[str]:
    """The steps of a build that were carried out."""
    steps = dict(re.findall(r"^#(\d+) \[\S.*?\d+/\d+\] (.*)$", log, re.MULTILINE))
    cached = set(re.findall(r"^#(\d+) CACHED$", log, re.MULTILINE))
    return [step for number, step in steps.items() if number not in cached]


def not_reused(log: str) -> list[str]:
    """The steps that installed packages again."""
    return [step for step in made_anew(log) if "--require-hashes" in step or "apt-get install" in step]


def test_r19_the_context_holds_neither_secrets_nor_tests_nor_history(rebuilt: Built, tmp_path: Path) -> None:
    """What the engine is sent of a tree that is full of secrets; without .dockerignore it is sent all of them."""
    sent = context(rebuilt.tree, tmp_path / "sent")
    assert hits(CANARIES, sent) == []
    assert {name.partition("/")[0] for name in sent} == {
        "app", "migrations", "pyproject.toml", "requirements-build.txt", "uwsgi.ini", "README.md", "LICENSE",
    }  # fmt: skip
    assert sum(map(len, sent.values())) < _MOST_BYTES_OF_A_CONTEXT
    open_tree = copytree(rebuilt.tree, tmp_path / "open")
    (open_tree / ".dockerignore").unlink()
    everything = context(open_tree, tmp_path / "everything")
    assert {hit.partition(" in ")[0] for hit in hits(CANARIES, everything)} == {*CANARIES}
    assert any(name.startswith("tests/") for name in everything)


def context(tree: Path, target: Path) -> dict[str, bytes]:
    """The files that a build in this folder is sent, and what is in them."""
    where = ("--output", f"type=local,dest={target}", "--file", "-")
    run("docker", "image", "build", "--quiet", *where, ".", cwd=tree, text=_CONTEXT)
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_r20_the_image_is_at_most_so_much_larger_than_its_base(rebuilt: Built, builder: Builder) -> None:
    """The builder, with its compiler, is far beyond that."""
    base = image(BASES["app"])["Size"]
    shipped, with_tools = (
        image(built.name)["Size"] / base for built in (rebuilt, builder.build(rebuilt.tree, *_BUILDER))
    )
    print(f"{base} bytes; the image has {shipped:.2f} times as many, the builder {with_tools:.2f} times")
    assert shipped <= MOST_OF_THE_BASE < with_tools


def test_r22_and_r23_the_image_is_on_its_base_and_says_what_it_is(
    stack: Stack, rebuilt: Built, careless: Built
) -> None:
    """Labels, a numeric user, a working directory, a port, a volume, exec form; an image without them is seen."""
    assert undeclared(rebuilt.name) == []
    assert undeclared(careless.name) == ["User 0", "Entrypoint in shell form"]
    base = {fault.partition(" ")[0] for fault in undeclared(BASES["app"])}
    assert base == {"User", "Entrypoint", "WorkingDir", "ExposedPorts", "Volumes", "label"}
    for service, name in BASES.items():
        below = image(name)["RootFS"]["Layers"]
        assert stack.image(service)["RootFS"]["Layers"][: len(below)] == below


def undeclared(name: str) -> list[str]:
    """What an image does not say of itself."""
    config = image(name)["Config"]
    entry, labels = config.get("Entrypoint") or [], config.get("Labels") or {}
    faults = {
        f"User {config.get('User')}": not re.fullmatch(r"[1-9]\d*:[1-9]\d*", config.get("User") or ""),
        "Entrypoint in shell form": not entry or entry[0] == "/bin/sh",
        "WorkingDir": config.get("WorkingDir") != "/opt/oboegaki",
        "ExposedPorts": list(config.get("ExposedPorts") or {}) != ["3031/tcp"],
        "Volumes": list(config.get("Volumes") or {}) != ["/data"],
    }
    wanted = ("title", "description", "version", "licenses", "base.name")
    missing = [f"label {label}" for label in wanted if f"org.opencontainers.image.{label}" not in labels]
    return [fault for fault, found in faults.items() if found] + missing


def test_r31_entry_point_and_command_are_those_that_the_readme_names(stack: Stack, careless: Built) -> None:
    """The base has none, and a changed one is seen."""
    readme = re.sub(r"\s+", " ", (PROJECT / "README.md").read_text())
    told = re.search(r"entry point `(.+?)` and the command `(.+?)`", readme)
    assert told, "the README names no entry point"
    assert started_with(f"{stack.name}-app") == (told[1].split(), told[2].split())
    for other in (careless.name, BASES["app"]):
        assert started_with(other) != started_with(f"{stack.name}-app")


def started_with(name: str) -> tuple[list[str], list[str]]:
    """An image's entry point and command."""
    config = image(name)["Config"]
    return config.get("Entrypoint") or [], config.get("Cmd") or []


def test_a_clone_that_only_its_owner_may_read_makes_images_that_their_users_can_read(
    stack: Stack, rebuilt: Built, builder: Builder, tmp_path: Path
) -> None:
    """All of the app and of nginx's configuration; an nginx that takes the files as they are is seen."""
    assert unreadable(rebuilt.name, "/opt/oboegaki") == []
    assert run("docker", "container", "run", "--rm", rebuilt.name, "data", "migrate") != ""
    tree = copytree(stack.tree / "nginx", tmp_path / "nginx")
    hide(tree)
    places = ("/etc/nginx", "/usr/share/nginx")
    assert unreadable(builder.build(tree).name, *places) == []
    dockerfile = (tree / "Dockerfile").read_text()
    (tree / "Dockerfile").write_text(re.sub(r"^RUN chmod .*\n", "", dockerfile, flags=re.MULTILINE))
    assert "/etc/nginx/nginx.conf" in unreadable(builder.build(tree).name, *places)


def unreadable(name: str, *places: str) -> list[str]:
    """What an image's own user cannot read below some places; of a folder, nothing that is in it."""
    found = (*places, "!", "-readable", "-print", "-prune")
    return run("docker", "container", "run", "--rm", "--entrypoint", "find", name, *found).splitlines()


def test_no_secret_of_the_tree_is_in_any_layer(
    rebuilt: Built, files: dict[str, bytes], careless: Built, tmp_path: Path
) -> None:
    """Settings, keys, certificates, decks and backups that lay beside the Dockerfile; a layer with one is seen."""
    assert hits(CANARIES, files) == []
    history = run("docker", "image", "history", "--no-trunc", rebuilt.name)
    assert [secret for secret in CANARIES.values() if secret in history] == []
    added = dict(added_files(careless.name, rebuilt.name, tmp_path))
    assert hits(CANARIES, added) == ["a key in tmp/.cache/pip/wheel"]
