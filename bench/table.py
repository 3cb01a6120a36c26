"""Rows of the table, and the ratios in it: things measured in turn, round after round, and compared within a round."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Measure = Callable[[], Mapping[str, float]]
"""Measures once; gives each figure with its name."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, its figure with a unit, and its ratio to a yardstick (None: it has none)."""

    what: str
    figure: str
    ratio: float | None = None
    yardstick: str = ""
    budget: str = ""


def in_turn(measures: Sequence[Measure], rounds: int) -> dict[str, list[float]]:
    """Measure everything once a round (A B C A B C ...): what disturbs the machine disturbs all of them alike."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for measure in measures:
            for name, value in measure().items():
                taken[name].append(value)
    return taken


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def milliseconds(seconds: Sequence[float]) -> str:
    """The median of the rounds in milliseconds."""
    return f"{median(seconds) * 1000:.3f} ms"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def text(rows: Sequence[Row]) -> str:
    """All rows as one plain table."""
    cells = [("what", "figure", "ratio", "to", "budget")] + [
        (row.what, row.figure, "" if row.ratio is None else f"{row.ratio:.2f}", row.yardstick, row.budget)
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )
