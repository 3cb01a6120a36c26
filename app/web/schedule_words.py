"""Where a card stands, in words: when it is due, how easy it is."""

from datetime import date

from flask_babel import format_date, format_decimal, gettext

from app.cards import CardView
from app.web.look import days


def due_words(card: CardView, today: date) -> str:
    """When a card is due, in short: "new", "due now", "again today", "tomorrow", "in 6 days"."""
    due = card.schedule.due
    if due is None:
        return gettext("new")
    if due <= today:
        return gettext("due now")
    if card.comes_again(today):
        return gettext("again today")
    interval = (due - today).days
    return gettext("tomorrow") if interval == 1 else gettext("in %(interval)s", interval=days(interval))


def standing_words(card: CardView, today: date) -> str:
    """When a card is due, in a sentence."""
    due = card.schedule.due
    if due is None:
        return gettext("New: it has not been reviewed yet.")
    if due == today:
        return gettext("Due today.")
    day, interval = format_date(due, "medium"), (due - today).days
    if interval < 0:
        return gettext("Due since %(day)s.", day=day)
    if card.comes_again(today):
        if interval == 1:
            return gettext("Again today, then tomorrow, on %(day)s.", day=day)
        return gettext("Again today, then in %(interval)s, on %(day)s.", interval=days(interval), day=day)
    if interval == 1:
        return gettext("Back tomorrow, on %(day)s.", day=day)
    return gettext("Back in %(interval)s, on %(day)s.", interval=days(interval), day=day)


def easiness_words(card: CardView) -> str:
    """The easiness as a number with two digits behind the point."""
    return str(format_decimal(card.schedule.easiness / 100, "0.00"))
