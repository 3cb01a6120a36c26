"""The README's table of the memo's rules: complete, and what it names as shown by is there.

The table stands for all 31 rules: R01 to R31. Which of them files cannot show alone is written down here.
"""

import re
from collections import Counter

from tests.containers.stack import PROJECT

RULES = {f"R{number:02}" for number in range(1, 32)}
FROM_FILES = {f"R{number:02}" for number in (1, 3, 4, 5, 8, 17, 21, 22, 23, 25, 26, 30)}
ON_THE_ENGINE = RULES - FROM_FILES | {"R04", "R08", "R23"}
"""As the memo's table has it: some are shown both ways."""
_STATIC = "static"

Shown = dict[str, set[str]]
"""By rule: the files of tests, as `static` for test_rules_static.py."""


def shown_by_tests() -> Shown:
    """In which files there are tests named after a rule."""
    found: Shown = {}
    for file in (PROJECT / "tests/containers").glob("test_rules_*.py"):
        for name in re.findall(r"^def test_((?:and_|r\d\d_)+)", file.read_text(), re.MULTILINE):
            for number in re.findall(r"r(\d\d)_", name):
                found.setdefault(f"R{number}", set()).add(file.stem.removeprefix("test_rules_"))
    return found


def rows(readme: str) -> list[tuple[list[str], set[str]]]:
    """The rules of each row of the README's table, and the files that it names."""
    section = readme.partition("### What the memo says, and where it is applied")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if re.match(r"\| R\d\d", line)]
    return [(re.findall(r"R\d\d", first), {*last.split(", ")}) for first, *_, last in cells]


def faults(readme: str, shown: Shown) -> list[str]:
    """Rules that the README leaves out or has twice, and rows that name other files than there are."""
    named = Counter(rule for rules, _ in rows(readme) for rule in rules)
    return [
        *(f"{rule}: {named[rule]} times in the README" for rule in sorted(RULES | named.keys()) if named[rule] != 1),
        *(f"{rules}: the README says {sorted(said)}, there is {sorted(there)}"
          for rules, said in rows(readme)
          if said != (there := set().union(*(shown.get(rule, {"nothing"}) for rule in rules)))),
    ]  # fmt: skip


def test_every_rule_has_a_test_of_its_name_where_the_memo_wants_it() -> None:
    """On the engine what only an engine can show, from the files what they show."""
    shown = shown_by_tests()
    assert shown.keys() == RULES
    assert [rule for rule in sorted(FROM_FILES) if _STATIC not in shown[rule]] == []
    assert [rule for rule in sorted(ON_THE_ENGINE) if not shown[rule] - {_STATIC}] == []


def test_the_readme_names_the_tests_of_every_rule() -> None:
    """All of them, and no others; a row that is missing, or names another file, is seen."""
    readme, shown = (PROJECT / "README.md").read_text(), shown_by_tests()
    assert faults(readme, shown) == []
    without = re.sub(r"^\| R26 .*\n", "", readme, flags=re.MULTILINE)
    assert faults(without, shown) == ["R26: 0 times in the README"]
    renamed = re.sub(r"^(\| R26 .*) \w+ \|$", r"\1 cache |", readme, flags=re.MULTILINE)
    assert faults(renamed, shown) == ["['R26']: the README says ['cache'], there is ['static']"]
