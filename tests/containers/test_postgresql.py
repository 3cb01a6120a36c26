"""PostgreSQL instead of SQLite, brought up, dumped and put back by the README's own commands.

Shown able to fail: a database on the default bridge, and one on whose network nginx is, answer the host and nginx; an
answer that nobody sent is missed; the search for the password finds it where it has to be. By hand, in copies: with a
network that is not internal the database answers the host, with `synchronous_commit=off` its kill loses log-ins, and an
app that prints its settings, or a password in one of the database's, is found.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest

from app.backups import NOT_SQLITE
from tests import canaries
from tests.containers import engine_rules as rules
from tests.containers.conftest import claimed
from tests.containers.drilled import SEED, Drilled, id_of, inhabit, is_ready, until
from tests.containers.engine import printed, within
from tests.containers.stack import Stack, copy_of_the_tree, run
from tests.containers.visitor import Visitor
from tests.drills.ledger import Sent
from tests.readme import told

SERVICES = ("app", "nginx", "db")
_ANSWERS = 40
"""For each of the devices, in the drill."""
_ASK = r"""exec 3<>/dev/tcp/$0/5432; printf '\0\0\0\10\4\322\26\57' >&3; head -c 1 <&3"""
"""Ask whether TLS is spoken there; PostgreSQL says N for no."""
_KILL_A_PROCESS = (
    "kill -9 $(psql -U oboegaki -Atc \"SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'\")"
)
"""A server that loses a process ends all others and recovers, as after a power cut."""
_TABLES = ("users", "decks", "notes", "cards", "schedules", "reviews")


@pytest.fixture(scope="module")
def stack(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """App, nginx and PostgreSQL, as the README brings them up; nobody has an account yet."""
    tree = copy_of_the_tree(tmp_path_factory.mktemp("clone-with-postgresql"))
    with Stack(f"oboegaki-postgresql-{os.getpid()}", tree).standing() as made:
        said = [made.shell(command) for command in told("mkdir -m 700 secrets")]
        made.said = said[-1]
        canaries.keep("password of the database", password_of(made))
        yield made


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Visitor:
    """The first account, made with the link that `make up` printed, and logged in."""
    return claimed(stack)


@pytest.fixture(scope="module")
def drilled(stack: Stack, owner: Visitor, tmp_path_factory: pytest.TempPathFactory) -> Drilled:
    """The same stack with learners, a device for each."""
    return inhabit(stack, tmp_path_factory.mktemp("drilled-postgresql"))


def password_of(stack: Stack) -> str:
    """The database's password."""
    return (stack.tree / "secrets/database_password").read_text().strip()


def asked(stack: Stack, sql: str) -> str:
    """What the database itself says, as lines of CSV."""
    options = ("--username=oboegaki", "--csv", "--tuples-only", "--command", sql)
    return stack.execute("db", "psql", *options)


def census(stack: Stack) -> str:
    """How many accounts, cards, schedules and reviews there are, and the hash of them all."""
    rows = [
        f"SELECT '{table}', count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t"  # noqa: S608
        for table in _TABLES
    ]
    return asked(stack, " UNION ALL ".join(rows))


def is_clean(stack: Stack) -> bool:
    """Whether `oboegaki data check` finds every schedule to be the replay of its log."""
    return "every schedule equals the replay of its log" in stack.execute("app", "oboegaki", "data", "check")


def stored(drilled: Drilled) -> dict[UUID, Sent]:
    """The answers of the learners as the database has them."""
    ids = ",".join(str(learner.id) for learner in drilled.site.learners)
    rows = asked(drilled.stack, f"SELECT id, user_id, card_id, grade FROM reviews WHERE user_id IN ({ids})")  # noqa: S608
    split = (line.split(",") for line in rows.split())
    return {UUID(review): Sent(UUID(review), *map(int, others)) for review, *others in split}


def wrong(drilled: Drilled) -> list[str]:
    """What the database has otherwise than the devices know it: lost, changed, or from nowhere."""
    found, ledger = stored(drilled), drilled.ledger
    return [
        *(f"{review} is lost" for review in ledger.acknowledged.keys() - found.keys()),
        *(
            f"{review} is changed"
            for review in ledger.sent.keys() & found.keys()
            if ledger.sent[review] != found[review]
        ),
        *(f"{review} is unknown" for review in found.keys() - (ledger.sent.keys() - ledger.refused)),
    ]


def test_the_set_up_link_works_and_cards_are_answered(stack: Stack, owner: Visitor) -> None:
    """Through nginx, and every answer is in PostgreSQL."""
    before = int(asked(stack, "SELECT count(*) FROM reviews"))
    for grade in (1, 2, 3, 4):
        assert owner.answer(grade).status == 302
    assert int(asked(stack, "SELECT count(*) FROM reviews")) == before + 4
    assert is_clean(stack)
    assert "Database: postgresql 17." in stack.execute("app", "oboegaki", "doctor")


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_is_hardened(stack: Stack, owner: Visitor, service: str) -> None:
    """A user and limits of its own, no capability, a read-only root with what is mounted, no port but nginx's."""
    known = stack.container(service)
    mounted = ("C /run", "A /run/secrets", "A /run/secrets/database_password")
    assert [found for found in rules.writable(known) if found not in mounted] == []
    assert rules.rights(known) + rules.unlimited(known) + rules.no_scratch(known) == []
    assert rules.default_networks(known) + rules.ports_elsewhere(known, stack.port) == []


def answer_of(address: str, *where: str) -> str:
    """What PostgreSQL's port says to somebody in a container, or to this machine.

    Where there is no way to an address, something else may answer for it, or nothing.
    """
    return run(*where, "sh", "-c", f'timeout 2 bash -c "$0" {address} 2>/dev/null || true', _ASK)


def test_nobody_but_the_app_reaches_the_database(stack: Stack) -> None:
    """Neither this machine nor nginx, by name or by address; both would, were they on its network."""
    database, nginx = id_of(stack, "db"), id_of(stack, "nginx")
    network, in_nginx = f"{stack.name}_database", ("docker", "container", "exec", nginx)
    address = address_on(stack, network)
    assert answer_of("db", "docker", "container", "exec", id_of(stack, "app")) == "N"
    assert answer_of(address) != "N"
    assert answer_of(address, *in_nginx) != "N"
    with pytest.raises(AssertionError, match="exit status 2"):
        within(nginx, "getent", "hosts", "db")
    with connected(network, nginx):
        assert answer_of("db", *in_nginx) == "N"
    with connected("bridge", database):
        assert answer_of(address_on(stack, "bridge")) == "N"
    assert Visitor(stack.address).get("/health").status == 200


def address_on(stack: Stack, network: str) -> str:
    """The database's address on one of its networks."""
    return str(stack.container("db")["NetworkSettings"]["Networks"][network]["IPAddress"])


@contextmanager
def connected(network: str, container: str) -> Iterator[None]:
    """For the body, a container is on one more network."""
    run("docker", "network", "connect", network, container)
    try:
        yield
    finally:
        run("docker", "network", "disconnect", network, container)


def test_no_acknowledged_answer_is_lost_when_the_app_or_the_database_is_killed(
    drilled: Drilled, capsys: pytest.CaptureFixture[str]
) -> None:
    """`kill -9` of a process of PostgreSQL, of its whole container, and of the app's, which only the last one ends."""
    stack, ledger, begun = drilled.stack, drilled.ledger, len(drilled.ledger.acknowledged)
    started = stack.container("app")["State"]["StartedAt"]
    moments = sorted(begun + drilled.chance.randrange(_ANSWERS * 5) for _ in range(3))

    def kill() -> None:
        ledger.wait_for(moments[0])
        within(id_of(stack, "db"), "bash", "-c", _KILL_A_PROCESS)
        until(lambda: "all server processes terminated; reinitializing" in stack.logs("db"), "PostgreSQL recovers")
        ledger.wait_for(moments[1])
        kill_container(stack, "db")
        until(lambda: is_ready(drilled.clients[0]), "the app answers again")
        assert stack.container("app")["State"]["StartedAt"] == started
        ledger.wait_for(moments[2])
        kill_container(stack, "app")

    drilled.answer(_ANSWERS, kill)
    until(lambda: is_ready(drilled.clients[0]), "the app answers again")
    refused, answers = ledger.replies[503] + ledger.broken, len(ledger.acknowledged) - begun
    with capsys.disabled():
        print(
            f"\nPostgreSQL killed: seed {SEED}, {answers} answers, 3 kills, {refused} tries met one, {wrong(drilled)}"
        )
    assert wrong(drilled) == []
    assert is_clean(stack)
    assert refused > 0, "no kill met a request: this drill shows nothing"


def kill_container(stack: Stack, service: str) -> None:
    """A container that was killed has to be started again by hand."""
    run("docker", "container", "kill", id_of(stack, service))
    stack.compose("up", "--detach", "--no-deps", service)


def test_an_answer_that_the_database_does_not_have_is_missed(drilled: Drilled) -> None:
    """The harness can fail: one answer that nobody sent, said to be acknowledged."""
    review = uuid4()
    drilled.ledger.acknowledge(review, 0.0)
    try:
        assert wrong(drilled) == [f"{review} is lost"]
    finally:
        del drilled.ledger.acknowledged[review]


def test_no_backup_is_tried_at_night_and_whoever_asks_for_one_is_told_what_to_run(stack: Stack) -> None:
    """The hour is set, and uWSGI's cron never hears of it; `make upgrade` stops before it builds anything."""
    sentence = 'with containers, run them by "docker compose exec -T db", as the README shows'
    assert f"No backup is made at night. {NOT_SQLITE}\n" in stack.logs("app")
    assert "OBOEGAKI_BACKUP_HOUR=" in stack.execute("app", "env")
    served = stack.execute(
        "app", "sh", "-c", "cat /proc/1/task/1/children | xargs -n 1 | xargs -I@ cat /proc/@/environ"
    )
    assert "OBOEGAKI_COMMAND=" in served
    assert "OBOEGAKI_BACKUP_HOUR=" not in served
    for target in ("backup", "upgrade"):
        with pytest.raises(AssertionError, match="exit status 2") as refused:
            stack.make(target)
        assert sentence in str(refused.value)
        assert "Building" not in str(refused.value)


def test_a_dump_is_put_back_whole_or_not_at_all_onto_an_empty_volume_too(stack: Stack, owner: Visitor) -> None:
    """By the README's commands: accounts and reviews are there, logins are not. Half a dump changes nothing."""
    for command in told("mkdir -p backups"):
        stack.shell(command)
    (dump,) = (stack.tree / "backups").iterdir()
    at_the_dump = census(stack)
    assert owner.answer(3).status == 302
    after = census(stack)
    assert after != at_the_dump

    down, up_alone, restore, up = told("docker compose down")
    restore = re.sub(r"backups/\S+", f"backups/{dump.name}", restore)
    for command in (down, up_alone):
        stack.shell(command)
    (dump.parent / "half.dump").write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    with pytest.raises(AssertionError, match="pg_restore: error"):
        stack.shell(restore.replace(dump.name, "half.dump"))
    assert census(stack) == after
    stack.shell(restore)
    assert census(stack) == at_the_dump

    stack.shell(down)
    run("docker", "volume", "rm", f"{stack.name}_database")
    stack.shell(up_alone)
    assert asked(stack, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0\n"
    for command in (restore, up):
        stack.shell(command)
    assert census(stack) == at_the_dump
    assert is_clean(stack)
    assert owner.get("/account").status == 302, "all devices have to log in again"
    assert owner.log_in().status == 302
    assert owner.answer(4).status == 302


def test_the_password_is_in_no_log_no_setting_and_no_image(stack: Stack, owner: Visitor) -> None:
    """Only in its file, which the containers' users may read and nobody else on the machine gets to."""
    secret = {"password": password_of(stack)}
    held = {f"settings of {name}": json.dumps(stack.container(name)).encode() for name in SERVICES}
    held |= {f"log of {name}": printed(id_of(stack, name)).encode() for name in SERVICES}
    # A health check may come or go meanwhile.
    environ = stack.execute("app", "sh", "-c", "cat /proc/[0-9]*/environ 2>/dev/null || true")
    assert "OBOEGAKI_DATABASE_PASSWORD_FILE=" in environ
    held["environment of the app"] = environ.encode()
    assert b"/run/secrets/database_password" in held["settings of app"]
    assert canaries.hits(secret, held) == []
    everywhere = (
        "grep",
        "--recursive",
        "--files-with-matches",
        "--fixed-strings",
        "--file=/run/secrets/database_password",
    )
    found = stack.execute("app", "sh", "-c", f"{' '.join(everywhere)} /run /opt /etc /data /tmp || true").split()
    assert found == ["/run/secrets/database_password"]
    assert (stack.tree / "secrets").stat().st_mode & 0o077 == 0
