"""Front matter: what a deck file says about itself between a `---` in its first line and the next one.

TOML or YAML, told apart by trying; the keys `name` or `deck`, `tags`, `dialect` and `lang`, all others ignored.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import yaml

from app.decks.note import Problem
from app.decks.problems import problem

LONGEST = 8_192
_DEEPEST = 8
LONGEST_NAME, DEEPEST_NAME = 200, 20
LONGEST_TAGS = 500
"""Characters of all tags: each note of the file carries them."""
# What a quoted text can name with an escape and no database takes.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_LINE = re.compile(r"^[^\S\n]*---[^\S\n]*$", re.MULTILINE)
# Between two separators, lines like these are cards: then the first line is a separator, and not front matter.
_CARDS = re.compile(r"^(?:[QACT]:|>|\d+\.)", re.MULTILINE)
# The same where a list comes first: front matter begins with a key.
_LIST = re.compile(r"\s*[-*+] ")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_PLAIN = re.compile(r"\w(?:[\w /.+-]*[\w.+-])?")
# What YAML takes for the end of a line, or refuses to read as it stands.
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_TOML = re.compile(r"^[^\S\n]*[\w.\"'-]+[^\S\n]*=", re.MULTILINE)


class FrontMatter(NamedTuple):
    """What the front matter says, the rest of the file as `body`, and the line (1-based) in which that begins.

    `closed` is false where the first line opens front matter that has no end; `body` is then the whole text.
    """

    body: str
    first_line: int = 1
    deck: str = ""
    tags: tuple[str, ...] = ()
    dialect: str = ""
    dialect_line: int = 1
    language: str = ""
    closed: bool = True
    problems: tuple[Problem, ...] = ()


def read_front_matter(text: str) -> FrontMatter:
    """Split `text` (newlines are `\\n`) into its front matter and the rest."""
    opening = _LINE.match(text)
    if opening is None:
        return FrontMatter(text)
    closing = _LINE.search(text, opening.end() + 1)
    inside = text[opening.end() + 1 : closing.start()] if closing else text[opening.end() + 1 :]
    cards = _CARDS.search(inside)
    if closing is None or cards:
        separator = closing is not None and cards is not None and not inside[: cards.start()].strip()
        return FrontMatter(text, closed=separator)
    if _LIST.match(inside):
        return FrontMatter(text)
    body = text[closing.end() + 1 :]
    first_line = text.count("\n", 0, closing.end()) + 2
    return _read(inside, FrontMatter(body, first_line))


def deck_path(name: str) -> str:
    """`name` split at `/` or `::` and put together again as `A/B`, without empty parts."""
    parts = (" ".join(part.split()) for part in re.split(r"/|::", name))
    return "/".join(part for part in parts if part)


def _read(inside: str, found: FrontMatter) -> FrontMatter:
    values = _load(inside)
    if isinstance(values, Problem):
        return found._replace(problems=(values,))
    key = "name" if "name" in values else "deck"
    wrong: list[Problem] = []
    texts = {field: _text(values, field, inside, wrong) for field in (key, "dialect", "lang")}
    return found._replace(
        deck=_deck(texts[key], _line_of(key, inside), wrong),
        tags=_tags(values, inside, wrong),
        dialect=texts["dialect"],
        dialect_line=_line_of("dialect", inside),
        language=_language(texts["lang"], inside, wrong),
        problems=tuple(wrong),
    )


def _load(inside: str) -> Mapping[str, object] | Problem:
    if len(inside) > LONGEST:
        return problem(1, "front-matter-large", limit=LONGEST)
    try:
        return tomllib.loads(inside)
    except (ValueError, RecursionError) as error:
        if _TOML.search(inside) and not re.search(r"^[^\S\n]*[\w-]+[^\S\n]*:(?:\s|$)", inside, re.MULTILINE):
            return _toml_problem(error)
    return _load_yaml(inside)


def _toml_problem(error: Exception) -> Problem:
    place = re.search(r" ?\(at (?:line (\d+), column \d+|end of document)\)", str(error))
    line = int(place[1] or 1) + 1 if place else 1
    return problem(line, "front-matter-syntax", reason=re.sub(r" ?\(at [^)]*\)$", "", str(error)).lower())


def _load_yaml(inside: str) -> Mapping[str, object] | Problem:
    try:
        refused = _refuse(inside)
        # Every scalar stays the text it is: no dates, no numbers, and "yes" is a word.
        values = refused or yaml.load(inside, Loader=yaml.BaseLoader)  # noqa: S506 - makes texts, lists and mappings only
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        return problem(line, "front-matter-syntax", reason=error.problem or "syntax error")
    except (yaml.YAMLError, ValueError) as error:
        return problem(1, "front-matter-syntax", reason=str(error).partition("\n")[0])
    if isinstance(values, Problem | dict):
        return values
    return problem(2, "front-matter-syntax", reason="no keys and values") if values else {}


def _refuse(inside: str) -> Problem | None:
    """Refuse what can grow when it is read: anchors and aliases, and deep nesting."""
    depth = 0
    for event in yaml.parse(inside, Loader=yaml.BaseLoader):
        line = event.start_mark.line + 2 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            return problem(line, "front-matter-anchor")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return problem(line, "front-matter-large", limit=LONGEST)
    return None


def _text(values: Mapping[str, object], key: str, inside: str, wrong: list[Problem]) -> str:
    value = values.get(key, "")
    if isinstance(value, list | dict):
        wrong.append(_wrong_type(key, inside))
        return ""
    return _NO_TEXT.sub("\ufffd", str(value)).strip()


def _deck(name: str, line: int, wrong: list[Problem]) -> str:
    path = deck_path(name)
    if len(path) > LONGEST_NAME or path.count("/") >= DEEPEST_NAME:
        wrong.append(problem(line, "deck-name-long", limit=LONGEST_NAME, levels=DEEPEST_NAME))
        return ""
    return path


def _language(value: str, inside: str, wrong: list[Problem]) -> str:
    if value and not _LANGUAGE.fullmatch(value):
        wrong.append(problem(_line_of("lang", inside), "front-matter-language", language=value))
        return ""
    return value


def _tags(values: Mapping[str, object], inside: str, wrong: list[Problem]) -> tuple[str, ...]:
    """A list of texts, or one text with commas or spaces between the tags; a `#` in front is no part of a tag."""
    value = values.get("tags", "")
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(tag, list | dict) for tag in value)):
        wrong.append(_wrong_type("tags", inside))
        return ()
    tags = value if isinstance(value, list) else re.split(r"[,\s]+", str(value))
    names = ("_".join(_NO_TEXT.sub("\ufffd", str(tag)).split()).lstrip("#") for tag in tags)
    kept, room = list(dict.fromkeys(name for name in names if name)), LONGEST_TAGS
    for at, name in enumerate(kept):
        room -= len(name)
        if room < 0:
            wrong.append(problem(_line_of("tags", inside), "tags-long", limit=LONGEST_TAGS))
            return tuple(kept[:at])
    return tuple(kept)


def _wrong_type(key: str, inside: str) -> Problem:
    return problem(_line_of(key, inside), "front-matter-type", key=key)


def _line_of(key: str, inside: str) -> int:
    found = re.search(rf"^[^\S\n]*[\"']?{key}\b", inside, re.MULTILINE)
    return 2 + inside.count("\n", 0, found.start()) if found else 1


def write_front_matter(path: str, tags: Sequence[str], language: str) -> str:
    """The front matter of a deck file in `qa`, as YAML."""
    tag_list = f"[{', '.join(map(_scalar, tags))}]" if tags else ""
    values = {"name": _scalar(path), "tags": tag_list, "lang": _scalar(language), "dialect": "qa"}
    lines = [f"{key}: {value}" for key, value in values.items() if value]
    return "\n".join(["---", *lines, "---", ""])


def _scalar(text: str) -> str:
    """`text` in YAML: plain where it can mean nothing else, else in quotes, which are those of JSON."""
    if not text or _PLAIN.fullmatch(text):
        return text
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
