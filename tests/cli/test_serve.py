"""What `oboegaki serve` works out before uWSGI takes over."""

import pytest

from app.cli.serve import no_nightly_backup, public_address, server_environment
from app.errors import SetupError


@pytest.mark.parametrize(
    ("given", "public"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://cards.example.org/", "https://cards.example.org"),
        ("http://0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://[::]:8080", "http://[::1]:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://:::8080", "http://[::1]:8080"),
        ("http://2001:db8::7:8080", "http://[2001:db8::7]:8080"),
        ("HTTPS://Cards.example.org", "https://Cards.example.org"),
    ],
)
def test_an_address_is_one_that_can_be_typed(given: str, public: str) -> None:
    """No slash at the end, since a path follows; and nobody can go to "everywhere".

    Where OBOEGAKI_LISTEN is an IPv6 address, compose puts it in front of the port as it is.
    """
    assert public_address(given) == public


@pytest.mark.parametrize(
    "given",
    ["cards.example.org", "ftp://cards.example.org", "https://", "https://a.org/cards", "https://a.org?b", "https://a.org#b",
     "http://[::1:8080", "http://1::2::3:80", "https://a.org:port", "https://a.org:65536", "https://a.org:0",
     "https://me:@a.org", "http://cards .lan", '"https://a.org"'],
)  # fmt: skip
def test_what_is_no_address_stops_the_start(given: str) -> None:
    """With the setting's name, and what it may be."""
    with pytest.raises(SetupError) as refused:
        public_address(given)
    assert str(refused.value) == (
        f"OBOEGAKI_ADDRESS={given}: is not an address; use one such as https://cards.example.org, "
        "and OBOEGAKI_BASE_PATH for a path below it"
    )


def test_numbers_that_are_not_set_have_their_defaults() -> None:
    """An empty one counts as not set: compose hands on empty ones."""
    found = server_environment({"OBOEGAKI_PROCESSES": "", "OBOEGAKI_BACKUP_HOUR": "23"}, "http://127.0.0.1:8000")
    assert found["OBOEGAKI_PROCESSES"] == "2"
    assert found["OBOEGAKI_THREADS"] == "4"
    assert found["OBOEGAKI_BACKUP_HOUR"] == "23"
    assert found["OBOEGAKI_COMMAND"].endswith("/oboegaki")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("OBOEGAKI_PROCESSES", "0", "OBOEGAKI_PROCESSES=0: is not a number from 1 to 64; use 2"),
        ("OBOEGAKI_THREADS", "many", "OBOEGAKI_THREADS=many: is not a number from 1 to 64; use 4"),
        ("OBOEGAKI_BACKUP_HOUR", "24", "OBOEGAKI_BACKUP_HOUR=24: is not a number from 0 to 23; use 3"),
    ],
)
def test_a_number_out_of_range_stops_the_start(name: str, value: str, sentence: str) -> None:
    """uWSGI would take it for something else, or say something that nobody understands."""
    with pytest.raises(SetupError) as refused:
        server_environment({name: value}, "http://127.0.0.1:8000")
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("hosts", "address", "answered_to"),
    [
        ("", "https://Cards.example.org:8443", "cards.example.org"),
        ("a.example.org", "https://cards.example.org", "a.example.org,cards.example.org"),
    ],
)
def test_the_name_that_people_type_is_one_that_is_answered_to(hosts: str, address: str, answered_to: str) -> None:
    """Nobody has to write it down twice."""
    assert server_environment({"OBOEGAKI_HOSTS": hosts}, address)["OBOEGAKI_HOSTS"] == answered_to


def test_an_address_in_brackets_is_always_answered_to() -> None:
    """It needs no name in the list, and would not be one."""
    assert "OBOEGAKI_HOSTS" not in server_environment({}, "http://[::1]:8000")


def test_where_a_backup_would_be_refused_each_night_none_is_tried_and_the_start_says_what_to_run() -> None:
    """uwsgi.ini asks for the hour; a log with a failure each night looks like an outage."""
    environ = {"OBOEGAKI_BACKUP_HOUR": "3", "OBOEGAKI_PROCESSES": "2"}
    assert no_nightly_backup(environ) == (
        "No backup is made at night. This database is no SQLite file, so its own tools copy it: "
        "with PostgreSQL, pg_dump makes a backup and pg_restore puts it back; "
        'with containers, run them by "docker compose exec -T db", as the README shows'
    )
    assert environ == {"OBOEGAKI_PROCESSES": "2"}
