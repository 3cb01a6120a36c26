"""The memo's rules as the running containers show them; the same looks are taken at containers that break them all.

Shown able to fail by hand, in a copy: with whole addresses in uWSGI's log format the test of R12 is red.
"""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.containers import engine_rules as rules
from tests.containers.broken import broken_stack
from tests.containers.drilled import until
from tests.containers.engine import Known, inspect, listening, printed, within
from tests.containers.stack import Stack, run
from tests.containers.visitor import PASSWORD, Visitor

Find = Callable[[Known], list[str]]
SERVICES = ("app", "nginx")
_CANARY = "canary-in-the-query"


@pytest.fixture(scope="module")
def broken(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Known]]:
    """App and nginx without anything that protects them."""
    with broken_stack(stack, tmp_path_factory.mktemp("broken")) as containers:
        yield containers


@pytest.fixture(scope="module")
def used(stack: Stack, owner: Visitor) -> Stack:
    """The shared stack after a journey: answers, an upload, an export, a backup, what is refused, a log-out."""
    for grade in (1, 2, 3, 4):
        assert owner.answer(grade).status == 302
    assert owner.upload("own.md", b"---\nname: Own\n---\nQ: Where is it kept?\nA: In the volume\n").status == 302
    assert owner.get("/account/export").status == 200
    assert owner.post("/server/backups", {"csrf_token": owner.get("/server/backups").token}).status == 302
    assert owner.get("/nowhere").status == 404
    other = Visitor(stack.address)
    other.log_in()
    assert other.post("/log-out", {"csrf_token": other.get("/account").token}).status == 302
    return stack


@pytest.mark.parametrize("service", SERVICES)
def test_r06_one_program_runs_in_a_container(used: Stack, service: str) -> None:
    """uWSGI or nginx, with its workers; what is started beside it is seen."""
    container = used.container(service)
    assert rules.strangers(container) == []
    run("docker", "container", "exec", "--detach", container["Id"], "sleep", "20")
    assert len(rules.strangers(container)) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_r07_what_runs_is_what_the_compose_file_of_the_repository_says(
    used: Stack, broken: dict[str, Known], service: str
) -> None:
    """Nothing is added for tests: the engine's containers bear the hash of the file's own service."""
    assert used.container(service)["Config"]["Labels"]["com.docker.compose.config-hash"] == hash_of(used, service)
    assert broken[service]["Config"]["Labels"]["com.docker.compose.config-hash"] != hash_of(used, service)


def hash_of(stack: Stack, service: str) -> str:
    """The hash that compose gives to a service of the repository's compose file, with this stack's settings."""
    return stack.compose("--file", str(stack.tree / "docker-compose.yml"), "config", "--hash", service).split()[1]


@pytest.mark.parametrize("service", SERVICES)
def test_r08_containers_are_on_bridges_of_their_own(stack: Stack, broken: dict[str, Known], service: str) -> None:
    """Never on the default one."""
    assert rules.default_networks(stack.container(service)) == []
    assert rules.default_networks(broken[service]) != []


def test_r08_names_resolve_there_and_not_on_the_default_bridge(stack: Stack, broken: dict[str, Known]) -> None:
    """nginx finds the app by its name; a container on the default bridge does not."""
    assert within(stack.container("nginx")["Id"], "getent", "hosts", "app").split()[1] == "app"
    with pytest.raises(AssertionError, match="exit status 2"):
        within(broken["app"]["Id"], "getent", "hosts", "nginx")


@pytest.mark.parametrize("service", SERVICES)
def test_r11_nothing_is_written_but_the_data(used: Stack, service: str) -> None:
    """After a whole journey: nothing differs from the image, and nothing but the volume and tmpfs could."""
    assert rules.writable(used.container(service)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_r11_a_container_that_can_be_written_to_is_seen(broken: dict[str, Known], service: str) -> None:
    """A root that is not read-only, and a file that was written there."""
    within(broken[service]["Id"], "touch", "/opt/written")
    assert {"A /opt/written", "the root is writable"} <= {*rules.writable(broken[service])}


@pytest.mark.parametrize("service", SERVICES)
def test_r12_no_file_of_a_container_holds_a_line_of_a_log(used: Stack, service: str) -> None:
    """Neither below /tmp and /data nor below /var/log."""
    container = used.container(service)
    assert rules.log_files(container) == []
    within(container["Id"], "sh", "-c", "echo '[error] GET / ' >/tmp/error.log")
    assert rules.log_files(container) == ["/tmp/error.log"]  # noqa: S108 - inside the container
    within(container["Id"], "rm", "/tmp/error.log")  # noqa: S108


def test_r12_the_engine_has_the_lines_of_both(used: Stack, owner: Visitor) -> None:
    """Requests of nginx and of the app, the app's start, and nginx's errors."""
    owner.get("/log-in", {"Content-Length": str(101 * 1024 * 1024)})
    logged(used, "nginx", r"^\S+ POST /imports/own 302 ", r"\[error\].*client intended to send too large body")
    logged(used, "app", r"^\S+ POST /imports/own 302 ", r"spawned uWSGI worker")


def logged(stack: Stack, service: str, *patterns: str) -> None:
    """Wait until the engine has a line like each of these: a log comes after the reply."""
    for pattern in patterns:
        until(lambda: bool(re.search(pattern, printed(stack.container(service)["Id"]), re.MULTILINE)), pattern)  # noqa: B023


def test_r12_a_request_is_one_line_in_each_log_and_its_query_in_none(stack: Stack, owner: Visitor) -> None:
    """Where the set-up code may stand; an error line of nginx holds the whole address, so it has none there."""
    owner.get(f"/log-in?next={_CANARY}")
    owner.get(f"/set-up?code={_CANARY}")
    logged(stack, "nginx", r"^\S+ GET /set-up \d{3} \d+B [\d.]+s -$")
    logged(stack, "app", r"^\S+ GET /set-up \d{3} \d+B \d+ms$")
    nginx, app = stack.logs("nginx"), stack.logs("app")
    assert _CANARY not in nginx + app
    assert PASSWORD not in nginx + app


@pytest.mark.parametrize("service", SERVICES)
def test_r14_cards_are_bound_read_only_and_the_database_is_in_a_named_volume(
    stack: Stack, broken: dict[str, Known], service: str
) -> None:
    """And nginx has nothing mounted but certificates (R04)."""
    assert rules.wrong_mounts(stack.container(service)) == []
    assert rules.wrong_mounts(broken[service]) != []
    assert rules.unlabelled(stack.container(service)) == []
    assert rules.unlabelled(broken[service]) != []


@pytest.mark.parametrize("service", SERVICES)
def test_r15_tmp_is_a_tmpfs_of_a_size(stack: Stack, broken: dict[str, Known], service: str) -> None:
    """In either container."""
    assert rules.no_scratch(stack.container(service)) == []
    assert rules.no_scratch(broken[service]) != []


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("find", [rules.rights, rules.unlimited])
def test_r23_a_container_has_a_user_without_rights_and_limits(
    stack: Stack, broken: dict[str, Known], find: Find, service: str
) -> None:
    """Numbers of its own for user and group, no capability, no new privileges, so much memory, so many processes."""
    assert find(stack.container(service)) == []
    assert find(broken[service]) != []


def test_r24_the_app_listens_on_every_address_of_its_container_and_nginx_on_its_own_port(stack: Stack) -> None:
    """A Flask that listens on its container's localhost is reached by nobody; nginx's health port is for itself."""
    assert listening(stack.container("app")["Id"]) == {("0.0.0.0", 3031)}  # noqa: S104 - what it has to be
    assert listening(stack.container("nginx")["Id"]) == {("0.0.0.0", 8080), ("127.0.0.1", 8081)}  # noqa: S104


def test_the_broken_containers_are_the_same_images(stack: Stack, broken: dict[str, Known]) -> None:
    """What is missing from them is what the compose file adds."""
    for service in SERVICES:
        assert inspect(broken[service]["Id"])["Image"] == stack.container(service)["Image"]
