"""What templates need to show things: addresses of static files, intervals and dates in words, icons."""

import hashlib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

from flask import Flask, current_app, request, url_for
from flask_babel import format_date, format_time, gettext, lazy_gettext, ngettext
from flask_login import current_user
from markupsafe import Markup

from app import markup
from app.cards import CardView
from app.decks.outline import STEP
from app.doctor import Finding
from app.queue import MOST_COUNTED
from app.srs.sm2 import Grade
from app.web.difference import difference

_ICONS = {
    "undo": "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
    "menu": "M5 12h.01M12 12h.01M19 12h.01",
    "mark": "M6 3h12v18l-6-5-6 5z",
    "back": "M15 5l-7 7 7 7",
    "deck": "M4 7h16v12H4zM7 4h10",
    "import": "M12 3v12M7 10l5 5 5-5M4 20h16",
    "account": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-4 4-6 8-6s7 2 8 6",
    "warning": "M12 4 2 20h20zM12 10v4M12 17h.01",
}
"""Our own icons: paths on a square of 24, drawn with a round stroke."""

GRADE_NAMES = {
    Grade.BLACKOUT: lazy_gettext("Blackout"),
    Grade.WRONG: lazy_gettext("Wrong"),
    Grade.AGAIN: lazy_gettext("Again"),
    Grade.HARD: lazy_gettext("Hard"),
    Grade.GOOD: lazy_gettext("Good"),
    Grade.EASY: lazy_gettext("Easy"),
}
NO_REVIEW = UUID(int=0)
"""Stands in an address for the review that a script puts there."""

_LONGEST_LINE = 120
_LOOKED_AT = 4_000
"""So much of a text is looked at for its line: a page may have a hundred lines of texts at the cap."""
_DAYS_A_MONTH = 30.4
_DAYS_A_YEAR = 365.25


def init_app(app: Flask) -> None:
    """Make them known to every template."""
    app.jinja_env.globals.update(
        static_url=static_url,
        icon=icon,
        theme=_theme,
        new_id=uuid4,
        no_review=NO_REVIEW,
        grade_names=GRADE_NAMES,
        difference=difference,
        page_before=page_before,
    )
    app.jinja_env.filters.update(
        days=days,
        back_in=back_in,
        count=count,
        day=day_name,
        short_day=short_day,
        moment=moment,
        plain=plain,
        local=local,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _theme() -> str:
    return str(current_user.learner.theme) if current_user.is_authenticated else ""


def static_url(name: str) -> str:
    """The address of a static file, with its content's hash: it may be kept for ever."""
    return url_for("static", filename=name, v=_known_version(current_app.static_folder or "", name))


@cache
def _known_version(folder: str, name: str) -> str:
    """The version of a file that a page of ours names."""
    return _digest(Path(folder, name).resolve())


def static_version(name: str) -> str:
    """What tells the content of a static file, which must be there, from what it was or will be."""
    return _digest(Path(current_app.static_folder or "", name).resolve())


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def page_before() -> str:
    """The address of the page that sent this request's form, "" where that is none of ours."""
    before = request.referrer or ""
    return before if request.method == "POST" and before.startswith(request.host_url) else ""


def icon(name: str) -> Markup:
    """An icon as inline SVG, hidden from screen readers: the words beside it say the same."""
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>'
    ).format(_ICONS[name])


def days(interval: int) -> str:
    """An interval in words: "6 days", "3 weeks", "2 months"."""
    if interval < 14 or (interval < 60 and interval % 7):
        return ngettext("%(num)d day", "%(num)d days", interval)
    if interval < 60:
        return ngettext("%(num)d week", "%(num)d weeks", interval // 7)
    if interval < _DAYS_A_YEAR:
        return ngettext("%(num)d month", "%(num)d months", round(interval / _DAYS_A_MONTH))
    return gettext("%(number)s years", number=f"{interval / _DAYS_A_YEAR:.1f}".removesuffix(".0"))


def back_in(interval: int) -> str:
    """When a card comes back, in words: "tomorrow", "6 days"."""
    return gettext("tomorrow") if interval == 1 else days(interval)


def count(number: int) -> str:
    """A count that stops at MOST_COUNTED."""
    return f"{MOST_COUNTED:,}+" if number >= MOST_COUNTED else str(number)


def day_name(day: date) -> str:
    """A day of this year in the language of the page; month and day stay on one line."""
    return format_date(day, gettext("EEEE, MMMM d")).replace(" ", "\u00a0").replace(",\u00a0", ", ")


def moment(at: datetime) -> str:
    """A moment in the learner's time zone, to the minute."""
    return f"{format_date(at, 'medium')} {format_time(at, 'short')}"


def heading_above(card: CardView) -> str:
    """The headings above a card; "" where its question begins with them, as those of an outline do."""
    return "" if f"{card.question}{STEP}".startswith(f"{card.heading}{STEP}") else card.heading


def local(finding: Finding) -> Finding:
    """A finding of the doctor with its moments in words."""
    details = {name: moment(told) if isinstance(told, datetime) else told for name, told in finding.details.items()}
    return finding._replace(details=details)


def plain(text: str) -> str:
    """Markdown as one short line of plain text."""
    line = markup.plain(text[:_LOOKED_AT])
    is_whole = len(text) <= _LOOKED_AT and len(line) <= _LONGEST_LINE
    return line if is_whole else f"{line[:_LONGEST_LINE]}…"


def short_day(day: date) -> str:
    """The day of the week, in short."""
    return format_date(day, "EEE")
