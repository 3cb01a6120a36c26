"""The allow-list: what may be in a page that came out of a note. Nothing in here knows about Markdown."""

import re

import nh3
from markupsafe import escape

TAGS = frozenset(
    re.findall(
        r"\w+",
        """a abbr b bdi blockquote br caption cite code dd del details dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins
        kbd li mark ol p pre q rb rp rt rtc ruby s samp small span strong sub summary sup table tbody td tfoot th thead
        tr u ul var wbr""",
    )
)
"""What may come out of a note, and what HTML a note may write."""
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_ALIGNED = {"align": {"left", "center", "right"}}
_ROUNDS = 5


def _keep(tag: str, name: str, value: str) -> str | None:
    if tag == "a" and name == "href":
        return value if _LINK.match(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={
        "a": {"href", "title"},
        "abbr": {"title"},
        "details": {"open"},
        "img": {"src", "alt", "title"},
        "ol": {"start"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
    },
    tag_attribute_values={"td": _ALIGNED, "th": _ALIGNED},
    attribute_filter=_keep,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
)


def clean(html: str) -> str:
    """`html` with nothing but allow-listed tags, attributes and addresses; `clean(clean(x)) == clean(x)`.

    Where a browser would read the cleaned HTML as another tree, it is cleaned again until it is stable; what does not
    become stable is shown as text.
    """
    for _ in range(_ROUNDS):
        cleaned = _CLEANER.clean(html)
        if cleaned == html:
            return html
        html = cleaned
    return str(escape(html))
