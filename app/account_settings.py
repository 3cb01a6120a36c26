"""What a learner may set on the Account page, and what each setting may be."""

from sqlalchemy.orm import Session

from app.accounts import known_language, known_time_zone, row_of
from app.errors import OboegakiError
from app.learner import Learner
from app.logins import learner_of

THEMES = ("", "light", "dark")
"""What an account may choose; "" follows the device."""
MOST_PER_DAY = 9999


def change_settings(
    session: Session,
    learner: Learner,
    *,
    language: str,
    time_zone: str,
    day_start: int,
    new_per_day: int,
    reviews_per_day: int | None,
    full_scale: bool,
    theme: str,
) -> Learner:
    """Store the learner's settings and give the learner as they are now; all of them, or none.

    `day_start` is an hour (0-23), `new_per_day` and `reviews_per_day` are cards a study day (None: no limit).
    Raises OboegakiError that says what is allowed.
    """
    user = row_of(session, learner)
    _between(
        0, day_start, 23, "The study day cannot begin at hour %(value)s; use a whole hour from %(least)s to %(most)s"
    )
    _between(
        0, new_per_day, MOST_PER_DAY, "The limit of new cards is %(value)s; use a number from %(least)s to %(most)s"
    )
    if reviews_per_day is not None:
        _between(
            1,
            reviews_per_day,
            MOST_PER_DAY,
            "The limit of reviews is %(value)s; use a number from %(least)s to %(most)s, or none",
        )
    checked = (known_language(language), known_time_zone(time_zone), _known_theme(theme))
    user.language, user.time_zone, user.theme = checked
    user.day_start, user.new_per_day, user.reviews_per_day = day_start, new_per_day, reviews_per_day
    user.full_scale = full_scale
    session.flush()
    return learner_of(user)


def _between(least: int, value: int, most: int, template: str) -> None:
    if not least <= value <= most:
        raise OboegakiError(template, value=value, least=least, most=most)


def _known_theme(theme: str) -> str:
    if theme not in THEMES:
        raise OboegakiError(
            'There is no theme "%(theme)s"; use "light", "dark", or "" for what the device asks for', theme=theme
        )
    return theme
