"""Every setting: its default, its check, and the sentence that stops the start when it is wrong."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.config import Config, from_environment, time_zone
from app.errors import SetupError

_SECRET = "river"

KEY = "k" * 32


def settings(tmp_path: Path, **environ: str) -> Config:
    """The settings with a data folder of this test's own and these variables, without their common prefix."""
    given = {"DATA_DIR": str(tmp_path / "data"), **environ}
    return from_environment({f"OBOEGAKI_{name}": value for name, value in given.items()})


def refusal(tmp_path: Path, **environ: str) -> str:
    """The sentence that the settings are refused with."""
    with pytest.raises(SetupError) as caught:
        settings(tmp_path, **environ)
    return str(caught.value)


def key_made_elsewhere(data_dir: str, keys: "multiprocessing.Queue[str]", start: "multiprocessing.Event") -> None:  # type: ignore[valid-type]
    start.wait()  # type: ignore[attr-defined]
    keys.put(from_environment({"OBOEGAKI_DATA_DIR": data_dir}).secret_key)


def test_the_defaults(tmp_path: Path) -> None:
    config = settings(tmp_path)
    assert config.data_dir == tmp_path / "data"
    assert config.cards_dir == Path(__file__).resolve().parent.parent / "cards"
    assert config.database_url == f"sqlite:///{tmp_path}/data/oboegaki.db"
    assert config.uses_sqlite
    assert (config.time_zone, config.base_path, config.trusted_proxies) == ("UTC", "", 0)
    assert config.remote_images is False


def test_what_is_set_holds(tmp_path: Path) -> None:
    config = settings(
        tmp_path,
        CARDS_DIR=str(tmp_path / "decks"),
        DATABASE_URL="postgresql+psycopg://db/oboegaki",
        SECRET_KEY=KEY,
        TIME_ZONE="Asia/Tokyo",
        BASE_PATH="/cards/",
        TRUSTED_PROXIES="2",
        REMOTE_IMAGES="on",
    )
    assert config == Config(
        data_dir=tmp_path / "data",
        cards_dir=tmp_path / "decks",
        database_url="postgresql+psycopg://db/oboegaki",
        secret_key=KEY,
        time_zone="Asia/Tokyo",
        base_path="/cards",
        trusted_proxies=2,
        remote_images=True,
    )
    assert not config.uses_sqlite


def test_what_is_set_to_nothing_is_not_set(tmp_path: Path) -> None:
    names = ("CARDS_DIR", "DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FILE", "TIME_ZONE", "BASE_PATH", "TRUSTED_PROXIES")
    assert settings(tmp_path, **dict.fromkeys((*names, "REMOTE_IMAGES"), "")) == settings(tmp_path)


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/passwd", "Asia", "x" * 300, "a\0b", "日本"])
def test_a_time_zone_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, TIME_ZONE=name) == (
        f"OBOEGAKI_TIME_ZONE={name}: is not a time zone; use a name such as Asia/Tokyo"
    )


def test_a_time_zone_is_checked_by_name() -> None:
    assert time_zone("Pacific/Apia") == "Pacific/Apia"
    with pytest.raises(ValueError, match=r"^is not a time zone; use a name such as Asia/Tokyo$"):
        time_zone("")


@pytest.mark.parametrize("path", ["cards", "//cards", "/a//b", "/a/../b", "/./a", "http://host/cards"])
def test_a_base_path_that_is_none_is_refused(tmp_path: Path, path: str) -> None:
    assert refusal(tmp_path, BASE_PATH=path) == (
        f"OBOEGAKI_BASE_PATH={path}: is not a path; use one such as /cards, or leave it empty"
    )


@pytest.mark.parametrize(("given", "taken"), [("/", ""), ("/cards", "/cards"), ("/a/b/", "/a/b")])
def test_a_base_path_is_taken_without_its_last_slash(tmp_path: Path, given: str, taken: str) -> None:
    assert settings(tmp_path, BASE_PATH=given).base_path == taken


@pytest.mark.parametrize("number", ["-1", "10", "two", "1.5", "²", " "])
def test_a_number_of_proxies_that_is_none_is_refused(tmp_path: Path, number: str) -> None:
    assert refusal(tmp_path, TRUSTED_PROXIES=number) == (
        f"OBOEGAKI_TRUSTED_PROXIES={number}: is not a number of proxies; use 0 when nothing stands in front, "
        "else how many do"
    )


@pytest.mark.parametrize("word", ["true", "1", "ON", "yes"])
def test_a_switch_is_on_or_off(tmp_path: Path, word: str) -> None:
    assert refusal(tmp_path, REMOTE_IMAGES=word) == (
        f'OBOEGAKI_REMOTE_IMAGES={word}: is neither "on" nor "off"; use one of the two'
    )


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert refusal(tmp_path, DATA_DIR=str(file / "data")) == (
        f"{file}/data: the data folder cannot be made (Not a directory); make it, or set OBOEGAKI_DATA_DIR"
    )
    assert refusal(tmp_path, DATA_DIR=str(file)) == (
        f"{file}: the data folder cannot be made (File exists); make it, or set OBOEGAKI_DATA_DIR"
    )


def test_a_data_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is asked; root may write everywhere, so its answer is put in its mouth."""
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert refusal(tmp_path) == (
        f"{tmp_path}/data: the data folder cannot be written by user id {os.getuid()}; "
        "give it to that user, or set OBOEGAKI_DATA_DIR"
    )


def test_a_data_folder_that_is_mounted_read_only_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system is asked; what it says of a read-only mount is put in its mouth."""
    state = os.statvfs(tmp_path)
    read_only = os.statvfs_result((*state[:8], state.f_flag | os.ST_RDONLY, state.f_namemax))
    monkeypatch.setattr(os, "statvfs", lambda _path: read_only)
    assert refusal(tmp_path) == (
        f"{tmp_path}/data: the data folder is mounted read-only; mount it for writing, or set OBOEGAKI_DATA_DIR. "
        "A disk that fails is made read-only by the system: its log says so"
    )


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_a_network_file_system_below_the_database_is_refused(tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"26 1 254:0 / / rw - ext4 /dev/vda1 rw\n40 26 0:35 / {tmp_path} rw - {kind} nas:/export rw\n")
    environ = {"OBOEGAKI_DATA_DIR": str(tmp_path / "data")}
    with pytest.raises(SetupError) as caught:
        from_environment(environ, mounts)
    assert str(caught.value) == (
        f"{tmp_path}/data: the database is on a network file system ({kind}), where SQLite can lose answers; "
        "set OBOEGAKI_DATA_DIR to a folder on a disk of this machine"
    )
    elsewhere = environ | {"OBOEGAKI_DATABASE_URL": "postgresql+psycopg://db/oboegaki"}
    assert not from_environment(elsewhere, mounts).uses_sqlite
    mounts.write_text("26 1 254:0 / / rw - ext4 /dev/vda1 rw\n")
    assert from_environment(environ, mounts).uses_sqlite


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////srv/100%25/oboegaki.db", "/srv/100%/oboegaki.db"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("postgresql+psycopg://db/oboegaki", None),
    ],
)
def test_the_database_file_is_known_where_there_is_one(tmp_path: Path, url: str, file: str | None) -> None:
    assert settings(tmp_path, DATABASE_URL=url).database_file == (Path(file) if file else None)
    assert settings(tmp_path).database_file == tmp_path / "data" / "oboegaki.db"


@pytest.mark.parametrize("url", [f"mysql://hana:{_SECRET}@db/oboegaki", "oboegaki.db", "postgresql"])
def test_a_database_that_is_none_is_refused_without_a_word_of_its_password(tmp_path: Path, url: str) -> None:
    assert refusal(tmp_path, DATABASE_URL=url) == (
        "OBOEGAKI_DATABASE_URL: is not the address of a SQLite or PostgreSQL database; use one such as "
        "postgresql+psycopg://USER@HOST/DATABASE, or leave it empty"
    )


def test_a_file_can_hold_the_password_of_the_database(tmp_path: Path) -> None:
    """Whatever its signs mean in a URL; all but the end of the line belongs to it, and it replaces the URL's own."""
    file = tmp_path / "password"
    file.write_text(" p@ss/w%rd:#? \n")
    for url in ("postgresql+psycopg://hana@db/oboegaki", f"postgresql+psycopg://hana:{_SECRET}@db/oboegaki"):
        config = settings(tmp_path, DATABASE_URL=url, DATABASE_PASSWORD_FILE=str(file))
        found = make_url(config.database_url)
        assert (found.username, found.password, found.host) == ("hana", " p@ss/w%rd:#? ", "db")
        assert settings(tmp_path, DATABASE_URL=url).database_url == url
    assert settings(tmp_path, DATABASE_PASSWORD_FILE=str(file)) == settings(tmp_path), "SQLite has no password"


def test_a_password_of_the_database_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    file, url = tmp_path / "password", "postgresql+psycopg://hana@db/oboegaki"
    assert refusal(tmp_path, DATABASE_URL=url, DATABASE_PASSWORD_FILE=str(file)) == (
        f"{file}: the password of the database cannot be read; let user id {os.getuid()} read the file"
    )
    file.write_text("\n")
    assert refusal(tmp_path, DATABASE_URL=url, DATABASE_PASSWORD_FILE=str(file)) == (
        f"{file}: the password of the database is empty; write one into the file"
    )


def test_where_the_key_was_read_is_known(tmp_path: Path) -> None:
    assert settings(tmp_path).secret_key_file == tmp_path / "data" / "secret_key"
    assert settings(tmp_path, SECRET_KEY=KEY).secret_key_file is None


def test_a_data_folder_is_made_with_the_folders_above_it(tmp_path: Path) -> None:
    settings(tmp_path, DATA_DIR=str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()


def test_the_secret_key_is_made_once_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    first = settings(tmp_path).secret_key
    file = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first) >= 32
    assert settings(tmp_path).secret_key == first == file.read_text()
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret_key"]


def test_nobody_else_on_the_machine_looks_into_a_data_folder_that_was_made(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        settings(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_two_data_folders_have_two_keys(tmp_path: Path) -> None:
    assert settings(tmp_path / "a").secret_key != settings(tmp_path / "b").secret_key


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    keys, start = context.Queue(), context.Event()
    data_dir = str(tmp_path / "data")
    started = [context.Process(target=key_made_elsewhere, args=(data_dir, keys, start)) for _ in range(3)]
    for process in started:
        process.start()
    start.set()
    made = {keys.get(timeout=120) for _ in started}
    for process in started:
        process.join(120)
    assert made == {(tmp_path / "data" / "secret_key").read_text()}


def test_a_draft_that_another_container_writes_is_left_alone(tmp_path: Path) -> None:
    """In two containers on one volume, two processes may have the same number."""
    data = tmp_path / "data"
    data.mkdir()
    foreign = data / f".secret_key.{os.getpid()}"
    foreign.write_text("draft")
    settings(tmp_path)
    assert foreign.read_text() == "draft"


def test_a_key_can_be_given_by_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert settings(tmp_path, SECRET_KEY_FILE=str(file)).secret_key == KEY


def test_a_key_given_directly_comes_before_a_file(tmp_path: Path) -> None:
    assert settings(tmp_path, SECRET_KEY=KEY, SECRET_KEY_FILE=str(tmp_path / "missing")).secret_key == KEY
    assert not (tmp_path / "data" / "secret_key").exists()


def test_a_short_key_is_refused_without_showing_it(tmp_path: Path) -> None:
    sentence = "the secret key is shorter than 32 characters; use a longer one"
    assert refusal(tmp_path, SECRET_KEY="k" * 31) == f"OBOEGAKI_SECRET_KEY: {sentence}"
    file = tmp_path / "key"
    file.write_text("\n")
    assert refusal(tmp_path, SECRET_KEY_FILE=str(file)) == f"{file}: {sentence}"


def test_a_key_file_that_cannot_be_read_is_refused_and_not_made(tmp_path: Path) -> None:
    missing, binary = tmp_path / "missing", tmp_path / "binary"
    binary.write_bytes(b"\xff" * 40)
    for file in (missing, binary, tmp_path):
        assert refusal(tmp_path, SECRET_KEY_FILE=str(file)) == (
            f"{file}: the secret key cannot be read; let user id {os.getuid()} read the file"
        )
    assert not missing.exists()


def test_public_names_are_compared_without_case_and_final_dot(tmp_path: Path) -> None:
    assert settings(tmp_path).hosts == ()
    assert settings(tmp_path, HOSTS=" Cards.Example.org., b.lan ,").hosts == ("cards.example.org", "b.lan")


def test_what_is_no_name_of_a_host_stops_the_start(tmp_path: Path) -> None:
    assert refusal(tmp_path, HOSTS="https://cards.example.org") == (
        "OBOEGAKI_HOSTS=https://cards.example.org: is not a list of host names; "
        "use names such as cards.example.org, separated by commas"
    )
