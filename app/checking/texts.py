"""Whether what was derived from texts is still theirs: keys of retired notes, and kept HTML."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.checking.fault import REPAIR, Fault
from app.decks.note import Deletion, NoteKind
from app.decks.note import Note as NoteText
from app.importing.rows import text_key
from app.models import Note, Rendering

_NEVER = frozenset(
    re.findall(
        r"\w+",
        "base button embed form frame frameset iframe input link meta object script style svg template textarea",
    )
)
"""Tags that no text of a note makes."""


def faults(session: Session) -> Iterator[Fault]:
    """Keys and renderings that are not what their text makes."""
    for note_id, _key in wrong_keys(session):
        yield Fault(f"note {note_id}", "is retired under the key of another text and would not be found again", REPAIR)
    for key in tampered(session):
        yield Fault(f"rendering {key.hex()}", "holds what no note can make, such as a script", REPAIR)


def wrong_keys(session: Session) -> Iterator[tuple[int, int]]:
    """Retired notes whose key is not that of their text, with the right one."""
    columns = (Note.id, Note.kind, Note.front, Note.back, Note.deletions, Note.text_key)
    query = select(*columns).where(Note.retired_at.is_not(None)).execution_options(yield_per=1000)
    for row in session.execute(query):
        key = _key_of(row)
        if row.text_key != key:
            yield row.id, key


def tampered(session: Session) -> Iterator[bytes]:
    """The keys of kept HTML that would do something in a page."""
    for row in session.execute(select(Rendering.key, Rendering.html).execution_options(yield_per=100)):
        reader = _Reader()
        reader.feed(row.html)
        reader.close()
        if reader.acts:
            yield row.key


def _key_of(row: Any) -> int:
    deletions = tuple(Deletion(*deletion) for deletion in row.deletions or ())
    return text_key(NoteText(NoteKind(row.kind), row.front, row.back, deletions, (), "", 0))


class _Reader(HTMLParser):
    """Looks for tags and attributes that act."""

    acts = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that no note makes, a handler, and an address that runs."""
        handlers = any(name.startswith("on") or name in ("style", "srcdoc") for name, _value in attrs)
        runs = any("script:" in (value or "").lower() for name, value in attrs if name in ("href", "src"))
        self.acts = self.acts or tag in _NEVER or handlers or runs
