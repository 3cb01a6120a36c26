"""What a learner does with a card beside answering it: what is said of it, and what takes it back."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from app.cards import CardView
from app.decks.problems import N_


class Aside(NamedTuple):
    """An act: its line, the endpoint of the act that takes it back, and whether a card is still as it left it."""

    text: str
    undone_by: str
    holds: Callable[[CardView, date], bool]


ASIDES = {
    "marked": Aside(N_("Marked."), "library.unmark", lambda card, _: card.marked),
    "unmarked": Aside(N_("The mark is off."), "library.mark", lambda card, _: not card.marked),
    "suspended": Aside(N_("Suspended until you call it back."), "library.call_back", lambda card, _: card.suspended),
    "called_back": Aside(N_("Called back."), "library.suspend", lambda card, _: not card.suspended),
    "hidden": Aside(N_("Hidden until tomorrow."), "library.unbury", CardView.is_buried),
    "unhidden": Aside(N_("No longer hidden."), "library.bury", lambda card, today: not card.is_buried(today)),
}
"""By what an address says was done."""
