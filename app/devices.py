"""A short name for the device behind a User-Agent: "Firefox, Linux". For a learner to recognise, for nothing else."""

import re

_BROWSERS = (  # the first that is found: most browsers also name those they descend from
    ("Edge", "Edg"),
    ("Opera", "OPR/"),
    ("Vivaldi", "Vivaldi/"),
    ("Samsung Internet", "SamsungBrowser/"),
    ("Firefox", "Firefox/"),
    ("Firefox", "FxiOS/"),
    ("Chrome", "CriOS/"),
    ("Chrome", "Chrome/"),
    ("Safari", "Safari/"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("ChromeOS", "CrOS"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("Linux", "Linux"),
)
_OTHER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LONGEST_READ = 1024


def device_label(user_agent: str) -> str:
    """Browser and system, or the first word of another client, at most 40 ASCII characters; "" says nothing known."""
    read = user_agent[:_LONGEST_READ]
    known = [found for found in (_first(_BROWSERS, read), _first(_SYSTEMS, read)) if found]
    if known:
        return ", ".join(known)
    other = _OTHER.match(read)
    return other.group() if other else ""


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for name, sign in names if sign in user_agent), None)
