"""After sanitising: images, headings, tables, filled deletions, and lines of Japanese joined without a gap.

The sanitiser's output is well formed, with every attribute in double quotes and no `<` in a text, so a regular
expression can tell tags from texts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from markupsafe import escape

from app.decks.pictures import ANOTHER_PLACE, name_of
from app.markup.boxes import CODE, TABLE
from app.markup.marks import FILL_END, FILL_START, FILLS, PIPE

_PART = re.compile(r'<[^>"]*+(?:"[^"]*+"[^>"]*+)*+>|[^<]++')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_NAME = re.compile(r"</?([a-z0-9]+)")
_RUN = re.compile(f"[{FILL_START}{FILL_END}]|[^{FILL_START}{FILL_END}]++")
_WIDE = (
    r"\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
)
_STOPS = r"\u3001-\u3003\u3008-\u3011\u3014-\u301f\u30fb\uff01-\uff0f\uff1a-\uff1f\uff3b-\uff40\uff5b-\uff65"
_INLINE = rf"(?:[{FILL_START}{FILL_END}]|</?(?:a|b|code|del|em|i|ins|mark|rt|rp|ruby|s|span|strong|u)(?: [^>]*)?>)*+"
_BOX, _BOX_END = r"\[…\]", "…]</span>"
_JOINT = re.compile(
    rf"(?:(?<=[{_WIDE}])|(?<={_BOX_END}))({_INLINE})[ \t]*+\n[ \t]*+({_INLINE})(?=[{_WIDE}]|{_BOX})"
    rf"|(?<=[{_STOPS}])({_INLINE})[ \t]*+\n[ \t]*+|(?<![\s>])[ \t]*+\n[ \t]*+({_INLINE})(?=[{_STOPS}])"
)
_KEPT_BREAKS = re.compile(r"(<pre.*?</pre>)", re.DOTALL)
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
_SOUND = re.compile(r"\.(?:mp3|ogg|oga|wav|m4a|opus|flac)$", re.IGNORECASE)


def _nowhere(_name: str) -> str | None:
    return None


@dataclass(frozen=True)
class Images:
    """How images and sounds are shown.

    `find` gives the address on this server of a file that a note names relative to its deck, or None where there is
    none; then `missing` is shown, with the file's name in it. `remote` says whether images on other servers are
    loaded; if not, they are shown as links.
    """

    remote: bool = False
    find: Callable[[str], str | None] = _nowhere
    missing: str = "missing image: %(name)s"


def finish(html: str, images: Images) -> str:
    """`html` as the page shows it; it must have come out of `clean`, with our own pieces put in."""
    return _Finish(images).run(_joined(html)).replace(PIPE, "|").replace("<p></p>", "")


def _joined(html: str) -> str:
    if "\n" not in html or html.isascii():
        return html
    parts = _KEPT_BREAKS.split(html)
    parts[::2] = [_JOINT.sub(_glue, part) for part in parts[::2]]
    return "".join(parts)


def _glue(match: re.Match[str]) -> str:
    return "".join(group or "" for group in match.groups())


class _Finish:
    """One pass over tags and texts."""

    def __init__(self, images: Images) -> None:
        self.images = images
        self.filling = False
        self.links = 0

    def run(self, html: str) -> str:
        """The finished HTML."""
        return "".join(self._tag(part) if part[0] == "<" else self._text(part) for part in _PART.findall(html))

    def _text(self, text: str) -> str:
        if not self.filling and not FILLS.search(text):
            return text
        return "".join(self._run(run) for run in _RUN.findall(text))

    def _run(self, run: str) -> str:
        if run in (FILL_START, FILL_END):
            self.filling = run == FILL_START
            return ""
        return f'<mark class="deletion filled">{run}</mark>' if self.filling and run.strip() else run

    def _tag(self, tag: str) -> str:
        for mark in FILLS.findall(tag):
            self.filling = mark == FILL_START
        tag = FILLS.sub("", tag)
        found = _NAME.match(tag)
        name = found[1] if found else ""
        if name == "img":
            return self._image({key: unescape(value) for key, value in _ATTRIBUTE.findall(tag)})
        if name == "a":
            self.links += -1 if tag[1] == "/" else 1
        elif name == "table":
            return "</table></div>" if tag[1] == "/" else f"{TABLE}<table>"
        elif tag == "<pre>":
            return CODE
        return tag.replace(name, _HEADINGS[name], 1) if name in _HEADINGS else tag

    def _image(self, given: dict[str, str]) -> str:
        source, words = given.get("src", "").replace(PIPE, "|").strip(), given.get("alt", "")
        words = words or source.rsplit("/", 1)[-1]
        if source.lower().startswith(("http://", "https://")):
            return self._remote(source, words)
        if not source or ANOTHER_PLACE.match(source):
            return f'<span class="missing-image">{escape(words)}</span>'
        address = self.images.find(name_of(source))
        if address is None:
            return f'<span class="missing-image">{escape(self._missing(source, given.get("alt", "")))}</span>'
        if _SOUND.search(source):
            return f'<audio controls preload="none" src="{escape(address)}" aria-label="{escape(words)}"></audio>'
        return f'<img src="{escape(address)}" alt="{escape(given.get("alt", ""))}" loading="lazy">'

    def _missing(self, source: str, words: str) -> str:
        told = self.images.missing.replace("%(name)s", name_of(source).rsplit("/", 1)[-1])
        return f"{told} ({words})" if words else told

    def _remote(self, source: str, words: str) -> str:
        if self.images.remote:
            return f'<img src="{escape(source)}" alt="{escape(words)}" loading="lazy" referrerpolicy="no-referrer">'
        if self.links:
            return f'<span class="remote-image">{escape(words)}</span>'
        rel = "noopener noreferrer nofollow"
        return f'<a class="remote-image" href="{escape(source)}" rel="{rel}">{escape(words)}</a>'
