"""The sides of a card as HTML, rendered on first view and kept by the hash of text and renderer.

Reading never writes: what a page rendered waits in the process and is stored with the next answer.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock

from markupsafe import Markup
from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from app import markup
from app.cards import CardView
from app.decks.note import Deletion, NoteKind
from app.models import Rendering
from app.prepared import Handle, Prepared

_MOST_CHARACTERS = 2_000_000
"""Characters of HTML that a process keeps in memory."""
_MOST_WAITING = 200
_LOCAL_IMAGES = markup.Images()


class Renderings:
    """A process's renderings: in memory up to a bound, behind it the table."""

    def __init__(self, images: markup.Images = _LOCAL_IMAGES) -> None:
        self._images = images
        self._kept: OrderedDict[bytes, Markup] = OrderedDict()
        self._characters = 0
        self._waiting: dict[bytes, Markup] = {}
        self._lock = Lock()

    def question(self, session: Handle, card: CardView) -> Markup:
        """The question side of a card as safe HTML; of a cloze its text with the asked deletion hidden."""
        if card.kind is NoteKind.CLOZE:
            return self._side(session, card, "asked", lambda: markup.render_cloze_front(*_cloze(card), self._images))
        return self._text(session, card, card.question)

    def answer(self, session: Handle, card: CardView) -> Markup:
        """The answer side of a card as safe HTML; of a cloze its text with the asked deletion filled in."""
        if card.kind is NoteKind.CLOZE:
            return self._side(session, card, "filled", lambda: markup.render_cloze_back(*_cloze(card), self._images))
        return self._text(session, card, card.answer)

    def store(self, session: Handle) -> None:
        """Write what was rendered since the last time into the table, in the caller's transaction."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for key, html in waiting.items():
            if _KNOWN.first(session, {"key": key}) is None:
                _STORE.run(session, {"key": key, "renderer": markup.RENDERER, "html": str(html)})

    def _key(self, *parts: str) -> bytes:
        return markup.rendering_key("remote images" if self._images.remote else "", *parts)

    def _text(self, session: Handle, card: CardView, text: str) -> Markup:
        return self._find(session, self._key(text), lambda: markup.render(text, self._images))

    def _side(self, session: Handle, card: CardView, side: str, render: Callable[[], Markup]) -> Markup:
        deletions = "\0".join(
            f"{deletion.start},{len(deletion.answer)},{deletion.card},{deletion.hint}" for deletion in card.deletions
        )
        key = self._key(side, str(card.ordinal), deletions, card.front)
        return self._find(session, key, render)

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
_KNOWN = Prepared(select(Rendering.key).where(Rendering.key == bindparam("key")))
_STORE = Prepared(
    insert(Rendering).values(key=bindparam("key"), renderer=bindparam("renderer"), html=bindparam("html"))
)
