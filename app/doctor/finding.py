"""What an examination finds: a place, how it is, what that means, and what to do about it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """How something is; only `BAD` keeps answers from being recorded, or from being safe."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


class Finding(NamedTuple):
    """One thing that was looked at.

    Name, sentence and remedy are English templates with `%(name)s` for each of the details, as an OboegakiError has
    them: the page translates them, the command prints them. The remedy is "" where nothing is to be done. Moments are
    details as they are, in UTC: the page tells them in the time of who reads it.
    """

    name: str
    state: State
    sentence: str
    remedy: str = ""
    details: Mapping[str, object] = {}

    def as_json(self) -> dict[str, str]:
        """The finding in English, for a program."""
        details = {name: _in_words(value) for name, value in self.details.items()}
        filled = {"sentence": self.sentence % details, "remedy": self.remedy % details}
        return {"name": self.name, "state": self.state.value, **filled}

    def __str__(self) -> str:
        """The finding in English, on one line."""
        told = self.as_json()
        remedy = f"; {told['remedy']}" if told["remedy"] else ""
        return f"{told['state']:8}{told['name']}: {told['sentence']}{remedy}"


def _in_words(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else value


def bytes_in_words(number: int) -> str:
    """A size as people read it: "1.2 GB", "34 MB"; at least 1 MB."""
    if number >= 10**9:
        return f"{number / 10**9:.1f} GB"
    return f"{max(1, round(number / 10**6))} MB"
