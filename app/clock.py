"""The one place that reads the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC, aware, to the microsecond."""
    return datetime.now(UTC)
