"""A deck file's bytes in, its notes and problems out: the one way in for the command line, the import and the page."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from itertools import islice

from app.decks import qa
from app.decks.detect import DIALECTS, LATER, READERS, detect
from app.decks.fences import find_tagged_fences, hide_code
from app.decks.front_matter import FrontMatter, deck_path, read_front_matter
from app.decks.limits import over_limit
from app.decks.note import DeckFile, Note, Problem
from app.decks.problems import excerpt, problem

READER = " ".join(("1", *READERS))
"""Names what the notes of a file depend on but its text: a file is read again when this changes.

Count our own number up with every change of what a reader makes of a text.
"""

_NOTE = re.compile(r"^[QC]:", re.MULTILINE)
_FIRST_WORDS = re.compile(r"^(?![^\S\n]*---[^\S\n]*$)[^\S\n]*\S[^\n]*", re.MULTILINE)
_CARD = re.compile(r"^[QACT]:", re.MULTILINE)


def read_deck_file(data: bytes, file: str, dialect: str | None = None) -> DeckFile:
    """Read the deck file `file` (a path relative to the decks' folder, for the deck's name) in `dialect`.

    Without one, the front matter says which, or else the text is looked at. Never raises: what cannot be read is a
    problem of the file, in which case it has no notes. Lines are counted from 1 at the top of the file.
    """
    text = decode(data)
    if isinstance(text, Problem):
        return DeckFile(deck_of(file), None, (), (text,))
    found = read_front_matter(text)
    deck = found.deck or deck_of(file)
    chosen, problems = _choose(found, dialect)
    if chosen is None or chosen not in READERS:
        return DeckFile(deck, chosen, (), tuple(problems), found.language)
    notes = tuple(_read(found, chosen, problems))
    return DeckFile(deck, chosen, notes, settled(problems, len(notes), chosen), found.language)


def sound_notes(parsed: Iterable[Note | Problem], tags: tuple[str, ...], problems: list[Problem]) -> Iterator[Note]:
    """The notes among what was parsed, with the file's tags; all that is wrong is put to the `problems`."""
    for each in parsed:
        if isinstance(each, Problem):
            problems.append(each)
        elif problem_of_note := over_limit(each):
            problems.append(problem_of_note)
        else:
            yield each._replace(tags=tags) if tags else each


def settled(problems: list[Problem], notes: int, dialect: str) -> tuple[Problem, ...]:
    """The problems of a file with so many notes, in the order of their lines."""
    nothing = not notes and all(each.warning for each in problems)
    found = [*problems, problem(1, "no-cards", dialect=dialect)] if nothing else problems
    return tuple(sorted(found, key=lambda each: each.line))


def decode(data: bytes) -> str | Problem:
    """The text of a file in UTF-8: without a byte order mark, lines ended by `\\n`, NUL as U+FFFD."""
    try:
        text = data.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
        return problem(line, "not-utf8", byte=f"{error.object[error.start]:02X}")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\0", "\ufffd")


def deck_of(file: str) -> str:
    """The path of the deck that a file makes which does not say another."""
    folder, _, name = file.replace("\\", "/").rpartition("/")
    stem = re.sub(r"(?<=.)\.[^.]*$", "", name)
    return deck_path("/".join(part for part in [*folder.split("/"), stem] if part != "."))


def _choose(found: FrontMatter, asked: str | None) -> tuple[str | None, list[Problem]]:
    """The dialect, if there is one, and what there is to say about the choice and about the front matter."""
    problems = list(found.problems)
    named = asked or found.dialect
    if named and named not in DIALECTS:
        line = 1 if asked else found.dialect_line
        problems.append(problem(line, "dialect-unknown", dialect=named, known=", ".join(READERS)))
        return None, problems
    choice = detect(found)
    dialect = named or choice.dialect
    if dialect in LATER:
        problems.append(problem(1, "dialect-later", dialect=dialect))
    elif dialect is None and choice.candidates:
        problems.append(problem(1, "dialect-unclear", dialects=", ".join(choice.candidates)))
    elif dialect is None:
        problems += _unrecognised(found)
    return dialect, problems


def _unrecognised(found: FrontMatter) -> Iterator[Problem]:
    """Why no dialect was recognised, as far as that shows: notes in `qa` below something else, full-width markers."""
    hidden = hide_code(found.body, find_tagged_fences(found.body))
    above, note = _FIRST_WORDS.search(hidden), _NOTE.search(hidden)
    wide = list(islice(qa.wide_markers(found.body, hidden, found.first_line), 1))
    if note is not None and not found.closed:
        yield problem(1, "front-matter-unclosed")
        return
    lines = [found.first_line + found.body.count("\n", 0, each.start()) for each in (above, note) if each]
    if above is None or note is None or [each.line for each in wide] == lines[:1]:
        yield problem(1, "dialect-none")
    else:
        yield problem(lines[0], "dialect-below", text=excerpt(above[0]), start=lines[1])
    yield from wide


def _read(found: FrontMatter, dialect: str, problems: list[Problem]) -> Iterator[Note]:
    body, first_line = found.body, found.first_line
    if dialect == "qa" and not found.closed:
        problems.append(problem(1, "front-matter-unclosed"))
        body, first_line = _from_first_card(body)
    return sound_notes(READERS[dialect](body, first_line), found.tags, problems)


def _from_first_card(text: str) -> tuple[str, int]:
    """The text from its first marker on, and the line of that: what stands above is front matter without an end."""
    found = _CARD.search(text)
    start = found.start() if found else len(text)
    return text[start:], 1 + text.count("\n", 0, start)
