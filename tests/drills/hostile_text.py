"""Strings that try to run a script or to reach another host, from the classes of the OWASP filter-evasion sheet.

Written for this project, class by class, then told again in other spellings (case, entities, tabs, nulls, quotes) and
inside the Markdown that could carry them. A script that runs calls `ran(N)` with the string's number; a request to
another host asks for `/N`. Two kinds are asked apart, because no policy forbids them: a page that sends its reader
elsewhere by itself (`navigates`), and a connection made beforehand (`connects`).
"""

import html
import random
from collections.abc import Iterator
from typing import NamedTuple

from tests.drills.hostile_classes import CLASSES

SEED = 20260302
HOST = "away.test"
_SHARE = 0.3
"""Of so many strings an everyday run takes another spelling, too."""


class Hostile(NamedTuple):
    """One string, its number, and the class it comes from."""

    number: int
    kind: str
    text: str


def strings(full: bool) -> list[Hostile]:
    """Every string of the classes as it is and some told again, or (`full`) all told again in every way."""
    chance = random.Random(SEED)
    found = []
    for kind, templates in CLASSES.items():
        for template in templates:
            told = list(_told_again(template))
            found += [(kind, each) for each in (told if full else _some(told, chance))]
    return [_numbered(number, *each) for number, each in enumerate(found)]


def _some(told: list[str], chance: random.Random) -> list[str]:
    return [told[0], *([chance.choice(told[1:])] if chance.random() < _SHARE else [])]


def numbered(texts: list[str], kind: str, first: int) -> list[Hostile]:
    """Strings from elsewhere, numbered from `first`: they call nothing, but what they change is seen."""
    return [Hostile(first + number, kind, text) for number, text in enumerate(texts)]


def _numbered(number: int, kind: str, template: str) -> Hostile:
    named = template.replace("RUN", f"ran({number})").replace("HOST", HOST)
    return Hostile(number, kind, named.replace("/N", f"/{number}").replace("\\N", f"\\{number}"))


def _told_again(template: str) -> Iterator[str]:
    """The same in other spellings: mixed case, doubled, inside elements and Markdown, with entities, after a quote."""
    yield template
    yield template.replace("script", "ScRipT").replace("onerror", "OnErRoR").replace("img", "iMg")
    yield template.replace(" ", "\t", 1).replace("=", " = ", 1)
    yield template.replace(" ", "\n", 1)
    yield template.replace(" ", "/", 1)
    yield f"a **b {template} c** d"
    yield f"> - {template}"
    yield f"<b>{template}</b>"
    yield f"<details open><summary>a</summary>{template}</details>"
    yield f"<table><tr><td>{template}"
    yield f"</p></div></section></main>{template}"
    yield f"\"'>{template}"
    yield f"<!-->{template}"
    yield html.escape(template)
    yield html.escape(html.escape(template))
    yield template.replace("<", "<<")
    yield template.replace(">", "\u0000>")
    yield f"\ufeff\u202e{template}"
    yield f"{template}{template}"
