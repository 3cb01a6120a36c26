"""The command `oboegaki doctor`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.backups import make_backup
from app.cli import oboegaki
from app.config import Config
from app.db import Database
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("environment")


def run(*arguments: str) -> Result:
    """What the command did."""
    return CliRunner().invoke(oboegaki, ["doctor", *arguments])


def test_each_finding_is_a_line_with_its_remedy_and_a_warning_is_no_failure(config: Config) -> None:
    result = run()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line[8:].partition(":")[0] for line in lines] == [
        *("Data folder", "File system", "Disk", "Last backup", "Database", "Schema", "Clock", "Time zones"),
        *("Last import", "Secret key", "Base path"),
    ]
    assert lines[3] == (
        f"warning Last backup: there is none in {config.data_dir}/backups; "
        'make one now, on the page "Backups" or by: oboegaki data backup'
    )
    assert lines[10] == "ok      Base path: pages are served at the root of their host"


def test_something_bad_is_exit_status_1(config: Config) -> None:
    make_backup(config, NOW)
    result = run()
    assert result.exit_code == 1
    bad = [line for line in result.stdout.splitlines() if line.startswith("bad")]
    assert len(bad) == 1
    assert bad[0].startswith("bad     Last backup: oboegaki-20260302T093000Z.db is ")
    assert bad[0].endswith(' days old; make one now, on the page "Backups" or by: oboegaki data backup')


def test_the_doctor_speaks_to_programs(config: Config) -> None:
    told = json.loads(run("--json").stdout)
    assert told[3] == {
        "name": "Last backup",
        "state": "warning",
        "sentence": f"there is none in {config.data_dir}/backups",
        "remedy": 'make one now, on the page "Backups" or by: oboegaki data backup',
    }
    assert {finding["state"] for finding in told} == {"ok", "warning"}


def test_where_the_server_would_not_start_the_doctor_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OBOEGAKI_DATA_DIR", str(tmp_path / "file" / "data"))
    result = run()
    assert result.exit_code == 1
    assert result.stdout == (
        f"bad     Start: {tmp_path}/file/data: the data folder cannot be made (Not a directory); "
        "make it, or set OBOEGAKI_DATA_DIR\n"
    )


def test_a_damaged_database_is_said_and_the_rest_is_looked_at(config: Config, database: Database) -> None:
    database.close()
    (config.data_dir / "oboegaki.db").write_bytes(b"no database at all" * 1000)
    result = run()
    assert result.exit_code == 1
    assert (
        "bad     Database: cannot be read: file is not a database; "
        "stop the server and put the newest backup back: oboegaki data restore FILE\n"
    ) in result.stdout
    assert "ok      Secret key: " in result.stdout
