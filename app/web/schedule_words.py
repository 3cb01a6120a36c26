"""Where a card stands, in words: when it is due, how easy it is."""

from datetime import date

from flask_babel import format_date, format_decimal, gettext

from app.cards import CardView
from app.web.look import back_in


def due_words(card: CardView, today: date) -> str:
    """When a card is due, in short: "new", "due", "tomorrow", "6 days"."""
    if card.schedule.due is None:
        return gettext("new")
    if card.schedule.due <= today:
        return gettext("due")
    return back_in((card.schedule.due - today).days)


def standing_words(card: CardView, today: date) -> str:
    """When a card is due, in a sentence."""
    due = card.schedule.due
    if due is None:
        return gettext("New: it has not been reviewed yet.")
    if due == today:
        return gettext("Due today.")
    day = format_date(due, "medium")
    if due < today:
        return gettext("Due since %(day)s.", day=day)
    if (due - today).days == 1:
        return gettext("Back tomorrow, on %(day)s.", day=day)
    return gettext("Back in %(interval)s, on %(day)s.", interval=back_in((due - today).days), day=day)


def easiness_words(card: CardView) -> str:
    """The easiness as a number with two digits behind the point."""
    return str(format_decimal(card.schedule.easiness / 100, "0.00"))
