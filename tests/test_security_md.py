"""SECURITY.md names only tests, commands and targets that exist."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
TEXT = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _file, test in NAMED])
def test_a_claim_is_held_by_a_test_that_exists(file: str, test: str) -> None:
    assert re.search(rf"^def {test}\(", (PROJECT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_claim_names_what_holds_it() -> None:
    rows = [line for line in TEXT.splitlines() if re.match(r"\| \d+\.\d+\.\d+", line)]
    assert len(rows) > 20
    assert [row for row in rows if "`tests/" not in row and "`make check`" not in row] == []


def test_the_targets_it_names_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"make ([a-z]+)", TEXT))
    assert {"audit", "sbom", "drill"} <= targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_nobody_is_sent_to_an_address_that_nobody_reads() -> None:
    assert not re.search(r"[\w.]+@[\w.]+", TEXT)
