"""The audit says what it found, and says in words where it could not look.

That its tools see anything it shows itself, at every run.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import audit
from tests.audit import Audited

_SOUND = {"name": "flask", "version": "3.1.2", "vulns": []}
_HOLED = {
    "name": "markdown",
    "version": "3.0",
    "vulns": [
        {"id": "PYSEC-0000-1", "fix_versions": ["3.0.1", "3.1"], "aliases": ["CVE-0000-1"], "description": "…"},
        {"id": "PYSEC-0000-2", "fix_versions": [], "aliases": [], "description": "…"},
    ],
}
_SKIPPED = {"name": "alembic", "skip_reason": "Dependency not found on PyPI and could not be audited: alembic (1.20.1)"}


def report(*packages: Mapping[str, object]) -> str:
    """A report in the form of pip-audit's."""
    return json.dumps({"dependencies": packages, "fixes": []})


def test_an_audit_without_a_find_says_how_much_it_looked_at() -> None:
    assert audit.read_report(report(_SOUND)) == Audited(("1 locked packages audited, 0 known vulnerabilities",))


def test_a_vulnerable_pin_fails_and_says_what_mends_it() -> None:
    found = audit.read_report(report(_SOUND, _HOLED))
    assert found.failed
    assert found.lines == (
        "markdown 3.0: PYSEC-0000-1 is known; fixed in 3.0.1 or 3.1, then run `make lock`",
        "markdown 3.0: PYSEC-0000-2 is known; fixed in no release yet; take the package out, then run `make lock`",
        "2 locked packages audited, 2 known vulnerabilities",
    )


@pytest.mark.parametrize("said", ["", "No known vulnerabilities found", "[]", "{}", "null"])
def test_without_a_report_nothing_is_audited_and_nothing_fails(said: str) -> None:
    assert audit.read_report(said, "connection refused") == Audited(
        ("NOT AUDITED for known vulnerabilities: connection refused; run `make audit` with a network",), done=False
    )


def test_a_package_that_was_passed_over_is_no_pass() -> None:
    found = audit.read_report(report(_SOUND, _SKIPPED))
    assert (found.failed, found.done) == (False, False)
    assert found.lines[-1] == (
        "NOT AUDITED for known vulnerabilities: 1 packages were passed over, alembic first; "
        "run `make audit` with a network"
    )


def test_a_vulnerability_fails_where_other_packages_were_passed_over() -> None:
    found = audit.read_report(report(_HOLED, _SKIPPED), "alembic was not found")
    assert (found.failed, found.done) == (True, False)
    assert found.lines[-1].startswith("NOT AUDITED for known vulnerabilities: alembic was not found; ")


def test_an_exemption_holds_for_its_own_rule_and_line(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text("one()  # noqa: S608 - a name of ours\ntwo()  # noqa: E501\nthree()\n")
    assert audit.is_exempt(file, 1, "B608")
    assert not audit.is_exempt(file, 1, "B704")
    assert not audit.is_exempt(file, 2, "B608")
    assert not audit.is_exempt(file, 3, "B608")


def test_only_what_somebody_looked_at_is_no_secret(tmp_path: Path) -> None:
    hits = [
        {"hashed_secret": "a", "is_secret": False},
        {"hashed_secret": "b", "is_secret": True},
        {"hashed_secret": "c"},
    ]
    (tmp_path / "baseline").write_text(json.dumps({"results": {"file": hits}}))
    assert audit.looked_at(tmp_path / "baseline") == {("file", "a")}
    assert audit.looked_at(tmp_path / "missing") == set()


def test_all_that_the_projects_own_baseline_lets_through_was_looked_at() -> None:
    results = json.loads((audit.PROJECT / audit.BASELINE).read_text(encoding="utf-8"))["results"]
    assert {(file, hit["hashed_secret"]) for file, hits in results.items() for hit in hits} == audit.looked_at(
        audit.PROJECT / audit.BASELINE
    )
