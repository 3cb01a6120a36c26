"""The registry of all routes (routes.toml) as values, and what the app has that it lacks."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

FILE = Path(__file__).with_name("routes.toml")
KINDS = ("deck", "card", "review", "login", "import", "media")
"""Things that a learner owns and that have an id."""
TOUCHES = ("nobody's", "anybody's", "learner", "library", "administrator", *KINDS)
_AUTOMATIC = frozenset({"HEAD", "OPTIONS"})
"""Methods that Flask adds by itself; the drills send them wherever they send a GET."""


@dataclass(frozen=True)
class Route:
    """One rule with one method: whose things it touches, and what to send it."""

    rule: str
    method: str
    touches: str
    address: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    changes: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def is_unsafe(self) -> bool:
        """Whether the method may change something."""
        return self.method != "GET"

    @property
    def is_open(self) -> bool:
        """Whether the route answers somebody who is not logged in."""
        return self.touches in ("nobody's", "anybody's")


def read(text: str) -> list[Route]:
    """The routes of a registry; raises where one has a field or a word that is not the registry's."""
    routes = [Route(**entry) for entry in tomllib.loads(text)["route"]]
    strange = [f"{route} touches {route.touches}" for route in routes if route.touches not in TOUCHES]
    twice = {str(route) for route in routes if [str(other) for other in routes].count(str(route)) > 1}
    if strange or twice:
        raise ValueError(f"{FILE.name}: {[*strange, *sorted(twice)]}: use one entry each, with the words of its head")
    return routes


ROUTES = read(FILE.read_text("utf-8"))


def of_app(app: Flask) -> set[str]:
    """Every rule of the app with each of its methods, as the registry writes them."""
    return {
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - _AUTOMATIC
    }


def faults(app: Flask, routes: list[Route]) -> list[str]:
    """What the app has and the registry lacks, and the other way round; a sentence each."""
    entered, there = {str(route) for route in routes}, of_app(app)
    lacking = [f"{one}: not in {FILE.name}; enter it with whose things it touches" for one in sorted(there - entered)]
    return lacking + [f"{one}: no longer a route; take it out of {FILE.name}" for one in sorted(entered - there)]
