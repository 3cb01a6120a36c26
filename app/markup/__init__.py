"""Markdown -> sanitised HTML: the one place that may call text safe.

    text -> private marks (cloze, code, math) -> Markdown -> allow-list -> marks filled in -> images, headings, tables

Every function is total: what is too long, too deep or too tangled is shown as it was written, in a box. No function
here needs a request, a database or a file.
"""

from collections.abc import Iterable
from hashlib import blake2b
from importlib.metadata import version

from markupsafe import Markup

from app.decks.note import Deletion
from app.markup.blocks import arrange, plain_box
from app.markup.clean import clean
from app.markup.cloze import with_boxes, with_fillings
from app.markup.finish import Images, finish
from app.markup.marks import Stash, defuse, moved
from app.markup.parser import PARSER
from app.markup.plain import plain

__all__ = [
    "LONGEST",
    "RENDERER",
    "Images",
    "clean",
    "plain",
    "render",
    "render_cloze_back",
    "render_cloze_front",
    "rendering_key",
]

LONGEST = 64 * 1024
"""A longer text (in code points) is shown as it was written."""

_MOST_LINES = 6_000

RENDERER = " ".join(
    ["oboegaki/5", *(f"{name}/{version(name)}" for name in ("markdown", "nh3", "pygments", "latex2mathml"))]
)
"""Names everything the HTML depends on but the text. Count our own number up with every change of output."""

_DEFAULT = Images()


def render(text: str, images: Images = _DEFAULT) -> Markup:
    """Markdown `text` as HTML that is safe to put into a page."""
    return _rendered(defuse(text), Stash(), images)


def render_cloze_front(text: str, deletions: Iterable[Deletion], card: int, images: Images = _DEFAULT) -> Markup:
    """A cloze's text with the deletions of `card` as boxes (their hint or […]); those of other cards are plain text."""
    stash = Stash()
    return _rendered(with_boxes(*_defused(text, deletions), card, stash), stash, images)


def render_cloze_back(text: str, deletions: Iterable[Deletion], card: int, images: Images = _DEFAULT) -> Markup:
    """A cloze's text with the deletions of `card` filled in and marked."""
    return _rendered(with_fillings(*_defused(text, deletions), card), Stash(), images)


def rendering_key(*parts: str) -> bytes:
    """16 bytes that are the same as long as the renderer and the `parts` (text, card, side, ...) are."""
    digest = blake2b(RENDERER.encode(), digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.digest()


def _defused(text: str, deletions: Iterable[Deletion]) -> tuple[str, list[Deletion]]:
    given = list(deletions)
    starts = moved(text, (each.start for each in given))
    return defuse(text), [each._replace(start=start) for each, start in zip(given, starts, strict=True)]


def _rendered(text: str, stash: Stash, images: Images) -> Markup:
    fits = len(text) <= LONGEST and text.count("\n") <= _MOST_LINES
    html = _parsed(text, stash) if fits else plain_box(text)
    return Markup(finish(stash.expand(html), images))  # noqa: S704 - cleaned, and our own pieces


def _parsed(text: str, stash: Stash) -> str:
    try:
        return clean(PARSER.html(arrange(text, stash), stash))
    except RecursionError:
        return plain_box(text)
