"""The secret key, the base path, and what proxies in front say."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.config import Config
from app.doctor import settings
from tests.doctor.test_storage import told

CLIENT = "198.51.100.7"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (0o600, "ok Secret key: {file} has the mode 0600"),
        (0o640, "warning Secret key: {file} has the mode 0640, so it is not the server's alone; chmod 600 {file}"),
        (0o604, "warning Secret key: {file} has the mode 0604, so it is not the server's alone; chmod 600 {file}"),
    ],
)
def test_the_secret_key_is_the_servers_alone(config: Config, mode: int, words: str) -> None:
    file = config.data_dir / "secret_key"
    file.chmod(mode)
    assert told(settings.secret_key(config)) == words.format(file=file)


@pytest.mark.parametrize(("mode", "state"), [(0o444, "ok"), (0o666, "warning")])
def test_a_secret_that_compose_mounts_may_be_read_and_not_written(
    config: Config, tmp_path: Path, mode: int, state: str
) -> None:
    file = tmp_path / "secret"
    file.write_text("k" * 40)
    file.chmod(mode)
    assert settings.secret_key(replace(config, secret_key_file=file)).state.value == state


def test_a_secret_key_from_the_environment_has_no_file(config: Config) -> None:
    assert told(settings.secret_key(replace(config, secret_key_file=None))) == (
        "ok Secret key: comes from the environment"
    )


@pytest.mark.parametrize(
    ("base_path", "headers", "words"),
    [
        ("", {}, "ok Base path: pages are served at the root of their host"),
        ("/cards", {}, "ok Base path: pages are served below /cards"),
        ("/cards", {"X-Forwarded-Prefix": "/cards/"}, "ok Base path: pages are served below /cards"),
        (
            "",
            {"X-Script-Name": "/cards"},
            'warning Base path: the proxy says "/cards", the setting says ""; '
            "set OBOEGAKI_BASE_PATH=/cards and start again, or links lead nowhere",
        ),
    ],
)
def test_the_base_path_is_compared_with_what_the_proxy_says(
    config: Config, base_path: str, headers: Mapping[str, str], words: str
) -> None:
    assert told(settings.prefix(replace(config, base_path=base_path), headers)) == words


@pytest.mark.parametrize(
    ("trusted", "headers", "words"),
    [
        (0, {}, f"ok Proxies: none in front; this browser is at {CLIENT}"),
        (
            0,
            {"X-Forwarded-For": "203.0.113.9"},
            f"warning Proxies: a proxy tells of clients and is not trusted: all of them look like {CLIENT}; "
            "set OBOEGAKI_TRUSTED_PROXIES to how many stand in front (here 1), and start again",
        ),
        (
            1,
            {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"},
            f"ok Proxies: 1 are trusted; this browser is at {CLIENT}",
        ),
        (
            1,
            {"X-Forwarded-For": "203.0.113.9"},
            "warning Proxies: they do not say whether the page came over https, so cookies are not kept to https; "
            "let the proxy send X-Forwarded-Proto",
        ),
        (
            2,
            {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"},
            "bad Proxies: 2 are trusted, and 1 told of the client: anybody may say who they are; "
            "set OBOEGAKI_TRUSTED_PROXIES to how many stand in front, and let each add to X-Forwarded-For",
        ),
        (
            1,
            {},
            "bad Proxies: 1 are trusted, and 0 told of the client: anybody may say who they are; "
            "set OBOEGAKI_TRUSTED_PROXIES to how many stand in front, and let each add to X-Forwarded-For",
        ),
        (
            1,
            {"X-Forwarded-For": "192.0.2.1, 203.0.113.9", "X-Forwarded-Proto": "https"},
            f"ok Proxies: 1 are trusted; this browser is at {CLIENT}",
        ),
    ],
)
def test_as_many_proxies_tell_of_the_client_as_are_trusted(
    config: Config, trusted: int, headers: Mapping[str, str], words: str
) -> None:
    assert told(settings.proxies(replace(config, trusted_proxies=trusted), headers, CLIENT)) == words
