"""The sides of a card as HTML, rendered on first view and kept by the hash of text and renderer.

Reading never writes: what a page rendered waits in the process and is stored with the next answer.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Lock
from typing import NamedTuple

from markupsafe import Markup
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import markup, media
from app.cards import CardView
from app.decks.note import Deletion, NoteKind
from app.decks.pictures import pictures_in
from app.models import Rendering
from app.prepared import Handle, Prepared

_MOST_CHARACTERS = 2_000_000
"""Characters of HTML that a process keeps in memory."""
_MOST_WAITING = 200
_LOCAL_IMAGES = markup.Images()


class _Beside(NamedTuple):
    """How the pictures of one text are shown, and what of that its rendering depends on."""

    images: markup.Images
    parts: tuple[str, ...]


class Renderings:
    """A process's renderings: in memory up to a bound, behind it the table."""

    def __init__(
        self,
        images: markup.Images = _LOCAL_IMAGES,
        media_at: str = "/media/",
        missing: Callable[[], str] = lambda: _LOCAL_IMAGES.missing,
    ) -> None:
        """`media_at`: the address below which pictures are; `missing` says in the reader's language that one is not."""
        self._images = images
        self._media_at = media_at
        self._missing = missing
        self._kept: OrderedDict[bytes, Markup] = OrderedDict()
        self._characters = 0
        self._waiting: dict[bytes, Markup] = {}
        self._lock = Lock()

    def question(self, session: Handle, card: CardView) -> Markup:
        """The question side of a card as safe HTML; of a cloze its text with the asked deletion hidden."""
        if card.kind is NoteKind.CLOZE:
            return self._side(session, card, "asked", markup.render_cloze_front)
        return self._text(session, card, card.question)

    def answer(self, session: Handle, card: CardView) -> Markup:
        """The answer side of a card as safe HTML; of a cloze its text with the asked deletion filled in."""
        if card.kind is NoteKind.CLOZE:
            return self._side(session, card, "filled", markup.render_cloze_back)
        return self._text(session, card, card.answer)

    def store(self, session: Handle) -> None:
        """Write what was rendered since the last time into the table, in the caller's transaction."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for key, html in sorted(waiting.items()):  # so that two who store the same never wait for each other
            _STORE.run(session, {"key": key, "renderer": markup.RENDERER, "html": str(html)})

    def _key(self, beside: _Beside, *parts: str) -> bytes:
        return markup.rendering_key("remote images" if self._images.remote else "", *parts, *beside.parts)

    def _text(self, session: Handle, card: CardView, text: str) -> Markup:
        beside = self._beside(session, card, text)
        return self._find(session, self._key(beside, text), lambda: markup.render(text, beside.images))

    def _side(self, session: Handle, card: CardView, side: str, render: Callable[..., Markup]) -> Markup:
        deletions = "\0".join(
            f"{deletion.start},{len(deletion.answer)},{deletion.card},{deletion.hint}" for deletion in card.deletions
        )
        beside = self._beside(session, card, card.front)
        key = self._key(beside, side, str(card.ordinal), deletions, card.front)
        return self._find(session, key, lambda: render(*_cloze(card), beside.images))

    def _beside(self, session: Handle, card: CardView, text: str) -> _Beside:
        """Where the pictures of a text are now: one that is another than before is rendered anew."""
        names = [picture.name for picture in pictures_in(text)]
        if not names:
            return _Beside(self._images, ())
        shown = media.shown(session, card.deck_id, names)
        addresses = {name: f"{self._media_at}{digest.hex()}" for name, digest in shown.items()}
        missing = self._missing()
        parts = [self._media_at, missing, *(f"{name}\0{address}" for name, address in sorted(addresses.items()))]
        return _Beside(replace(self._images, find=addresses.get, missing=missing), tuple(parts))

    def _find(self, session: Handle, key: bytes, render: Callable[[], Markup]) -> Markup:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        stored = _HTML.scalar(session, {"key": key})
        html = render() if stored is None else Markup(stored)  # noqa: S704 - only `store` writes there
        self._keep(key, html, is_new=stored is None)
        return html

    def _keep(self, key: bytes, html: Markup, *, is_new: bool) -> None:
        with self._lock:
            if is_new and len(self._waiting) < _MOST_WAITING:
                self._waiting[key] = html
            if key not in self._kept:
                self._kept[key] = html
                self._characters += len(html)
            while self._characters > _MOST_CHARACTERS and self._kept:
                self._characters -= len(self._kept.popitem(last=False)[1])


def forget_other_renderers(session: Session) -> None:
    """Drop what another version of the renderer made."""
    session.execute(delete(Rendering).where(Rendering.renderer != markup.RENDERER))


def _cloze(card: CardView) -> tuple[str, Iterable[Deletion], int]:
    return card.front, card.deletions, card.ordinal


_HTML = Prepared(select(Rendering.html).where(Rendering.key == bindparam("key")))
_STORE = Prepared(
    insert(Rendering)
    .values(key=bindparam("key"), renderer=bindparam("renderer"), html=bindparam("html"))
    .on_conflict_do_nothing()  # SQLite says it in the same words
)
