"""The time zones a learner chooses from, by region."""

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from zoneinfo import available_timezones

OTHER = ""
"""The region of what is not in one."""
_NO_REGIONS = ("Etc", "SystemV", "US", "Brazil", "Canada", "Chile", "Mexico")
"""Older names of zones that have another one."""


def regions(chosen: str) -> dict[str, tuple[str, ...]]:
    """All zones by region, the one chosen among them whatever it is called."""
    found = dict(_regions())
    if not any(chosen in zones for zones in found.values()):
        found[OTHER] = (*found[OTHER], chosen)
    return found


@cache
def _regions() -> dict[str, tuple[str, ...]]:
    return {OTHER: ("UTC",)} | {region: tuple(zones) for region, zones in groupby(_named(), key=_region)}


def _named() -> Iterator[str]:
    for zone in sorted(available_timezones()):
        if "/" in zone and _region(zone) not in _NO_REGIONS:
            yield zone


def _region(zone: str) -> str:
    return zone.partition("/")[0]
