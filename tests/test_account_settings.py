"""What a learner may set."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.account_settings import change_settings
from app.errors import OboegakiError
from app.learner import Learner
from app.logins import learner_of
from app.models import User

ALL: dict[str, Any] = {
    "language": "ja",
    "time_zone": "Asia/Tokyo",
    "day_start": 5,
    "new_per_day": 0,
    "reviews_per_day": 200,
    "full_scale": True,
    "theme": "dark",
}


def test_settings_are_stored_and_given_back_as_a_learner(session: Session, learner: Learner) -> None:
    changed = change_settings(session, learner, **ALL)
    assert changed == Learner(id=learner.id, name="hanako", **ALL)
    session.expire_all()
    assert learner_of(session.get_one(User, learner.id)) == changed


@pytest.mark.parametrize(
    "allowed",
    [
        *[{"language": language} for language in ("", "en", "ja")],
        *[{"theme": theme} for theme in ("", "light", "dark")],
        *[{"day_start": hour} for hour in (0, 23)],
        *[{"new_per_day": number} for number in (0, 9999)],
        *[{"reviews_per_day": number} for number in (None, 1, 9999)],
        *[{"time_zone": zone} for zone in ("UTC", "America/Argentina/Ushuaia")],
    ],
)
def test_what_is_allowed_is_stored(session: Session, learner: Learner, allowed: dict[str, Any]) -> None:
    changed = change_settings(session, learner, **(ALL | allowed))
    assert {name: getattr(changed, name) for name in allowed} == allowed


_HOUR = "The study day cannot begin at hour {}; use a whole hour from 0 to 23"
_NEW = "The limit of new cards is {}; use a number from 0 to 9999"
_REVIEWS = "The limit of reviews is {}; use a number from 1 to 9999, or none"
_ZONE = 'There is no time zone "{}"; use a name such as Asia/Tokyo'


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"day_start": 24}, _HOUR.format(24)),
        ({"day_start": -1}, _HOUR.format(-1)),
        ({"new_per_day": -1}, _NEW.format(-1)),
        ({"new_per_day": 10_000}, _NEW.format(10_000)),
        ({"reviews_per_day": 0}, _REVIEWS.format(0)),
        ({"reviews_per_day": 10_000}, _REVIEWS.format(10_000)),
        ({"time_zone": ""}, _ZONE.format("")),
        ({"time_zone": "Asia"}, _ZONE.format("Asia")),
        ({"time_zone": "../../etc/passwd"}, _ZONE.format("../../etc/passwd")),
        ({"time_zone": "100 %"}, _ZONE.format("100 %")),
        ({"theme": "sepia"}, 'There is no theme "sepia"; use "light", "dark", or "" for what the device asks for'),
        (
            {"language": "fr"},
            'There are no pages in the language "fr"; use "en", "ja", or "" for what the browser asks for',
        ),
    ],
)
def test_what_is_not_allowed_changes_nothing(
    session: Session, learner: Learner, wrong: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(OboegakiError) as refused:
        change_settings(session, learner, **(ALL | wrong))
    assert str(refused.value) == sentence
    session.flush()
    session.expire_all()
    assert learner_of(session.get_one(User, learner.id)) == learner
