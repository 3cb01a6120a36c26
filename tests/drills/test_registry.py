"""Every route with each of its methods is in the registry: the drills of accounts walk over it."""

import pytest
from flask import Flask

from tests.drills.registry import FILE, KINDS, ROUTES, faults, read
from tests.drills.world import World


def test_every_route_is_entered_with_whose_things_it_touches(world: World) -> None:
    assert faults(world.app, ROUTES) == []


def test_the_readme_counts_them() -> None:
    with_id = sum(route.touches in KINDS or bool(route.query) for route in ROUTES)
    told = f"{len(ROUTES)} routes and methods, {with_id} of them with an id"
    assert told in (FILE.parents[2] / "README.md").read_text("utf-8")


def test_a_route_without_an_entry_is_named(world: World) -> None:
    world.app.add_url_rule("/backdoor", "backdoor", methods=["GET", "DELETE"])
    assert faults(world.app, ROUTES) == [
        "DELETE /backdoor: not in routes.toml; enter it with whose things it touches",
        "GET /backdoor: not in routes.toml; enter it with whose things it touches",
    ]


def test_an_entry_without_a_route_is_named(world: World) -> None:
    assert faults(Flask("empty", static_folder=None), ROUTES[-1:]) == [
        f"{ROUTES[-1]}: no longer a route; take it out of routes.toml"
    ]


ENTRY = '[[route]]\nrule = "/a"\nmethod = "GET"\ntouches = "{}"\n'


def test_a_registry_with_a_word_of_its_own_or_the_same_route_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"GET /a touches everybody's.*use one entry each"):
        read(ENTRY.format("everybody's"))
    with pytest.raises(ValueError, match=r"routes\.toml: \['GET /a'\]"):
        read(ENTRY.format("deck") * 2)
