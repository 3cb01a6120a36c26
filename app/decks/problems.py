"""Every sentence about a deck file, once: what is wrong and what to do, by code.

Both are templates: a page translates them and fills in the details, the command line prints them in English.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.decks.note import Problem


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's extraction looks for
    """Mark `text` for translation and give it back as it is."""
    return text


class _Sentence(NamedTuple):
    message: str
    remedy: str
    warning: bool = False


_SENTENCES = {
    # The file as a whole
    "not-utf8": _Sentence(N_("the file is not UTF-8 text (byte 0x%(byte)s)"), N_("save it again as UTF-8")),
    "file-unreadable": _Sentence(
        N_("the file cannot be read: %(reason)s"),
        N_("let the server read it; its notes stay as they were"),
    ),
    "file-too-large": _Sentence(
        N_("the file is larger than %(limit)s MiB"),
        N_("split it into several files; its notes stay as they were"),
    ),
    # Files that make no deck
    "file-hidden": _Sentence(
        N_("a hidden file or folder, which is left out"),
        N_("take the dot at the beginning of its name away to have it read"),
        warning=True,
    ),
    "file-other-kind": _Sentence(
        N_("no Markdown file, so it makes no deck"),
        N_('give it a name that ends in ".md" to have it read'),
        warning=True,
    ),
    "file-elsewhere": _Sentence(
        N_("a link that leads out of the folder, or to nothing"),
        N_("put the file itself into the folder"),
        warning=True,
    ),
    "folder-linked": _Sentence(
        N_("a link to a folder, which is not followed"),
        N_("put the folder itself in its place"),
        warning=True,
    ),
    "file-special": _Sentence(N_("no plain file"), N_("put a plain file in its place"), warning=True),
    "file-unused": _Sentence(
        N_("no card shows this picture or plays this sound, so it is left out"),
        N_('show it with "![](%(file)s)", the path counted from the deck file'),
        warning=True,
    ),
    # Pictures and sounds
    "media-missing": _Sentence(
        N_('"%(name)s" is not there'),
        N_("put the file there, its path counted from the deck file, or correct the name"),
        warning=True,
    ),
    "media-outside": _Sentence(
        N_('"%(name)s" leads out of the folder of the decks, or into a hidden one'),
        N_("put the file beside the deck file"),
        warning=True,
    ),
    "media-unreadable": _Sentence(
        N_('"%(name)s" cannot be read: %(reason)s'), N_("let the server read it, or save it again"), warning=True
    ),
    "media-kind": _Sentence(
        N_('"%(name)s" is none of the kinds that are shown, whatever its name says'),
        N_("save it as PNG, JPEG, GIF, WebP or AVIF, a sound as MP3, Ogg or M4A"),
        warning=True,
    ),
    "media-too-large": _Sentence(N_('"%(name)s" is larger than %(limit)s MiB'), N_("save it smaller"), warning=True),
    "media-too-much": _Sentence(
        N_('with "%(name)s" this import takes more than %(limit)s MiB of pictures and sounds'),
        N_("import again to take the rest, or save them smaller"),
        warning=True,
    ),
    "deck-taken": _Sentence(
        N_('the file "%(other)s" already makes the deck "%(deck)s"; this one makes "%(name)s"'),
        N_('give each file its own "name:" in the front matter'),
        warning=True,
    ),
    "more-problems": _Sentence(
        N_("further problems from here on, which are not listed: %(count)s"),
        N_('mend those above and import again, or list all with "oboegaki deck check"'),
        warning=True,
    ),
    "no-cards": _Sentence(
        N_('no cards in the file, read as "%(dialect)s"'),
        N_('write a note, or choose another dialect with "dialect:" in the front matter'),
    ),
    "dialect-unknown": _Sentence(
        N_('unknown dialect "%(dialect)s"'),
        N_("choose one of: %(known)s"),
    ),
    "dialect-none": _Sentence(
        N_("no dialect recognised, so the file makes no cards"),
        N_('write "dialect: qa" or "dialect: outline" in the front matter, or start the first note with "Q:"'),
    ),
    "dialect-below": _Sentence(
        N_('no dialect recognised: "%(text)s" stands above the first note, which begins in line %(start)s'),
        N_('take it out, or write "dialect: qa" in the front matter'),
    ),
    "dialect-unclear": _Sentence(
        N_("the file could be read in more than one dialect: %(dialects)s"),
        N_('write the one that you mean as "dialect:" in the front matter'),
    ),
    "dialect-later": _Sentence(
        N_('the dialect "%(dialect)s" is recognised but cannot be read yet, so the file makes no cards'),
        N_('write it as "qa" or "outline" and say so with "dialect:" in the front matter'),
    ),
    # Front matter
    "front-matter-unclosed": _Sentence(
        N_("front matter without an end"),
        N_('close it with a line "---"'),
    ),
    "front-matter-syntax": _Sentence(
        N_("front matter that is neither TOML nor YAML: %(reason)s"),
        N_('write one key a line, like "name: Docker/Network"'),
    ),
    "front-matter-type": _Sentence(
        N_('front matter: "%(key)s" has a value of the wrong kind'),
        N_('write one text, or for "tags" a list of texts'),
    ),
    "front-matter-language": _Sentence(
        N_('front matter: "%(language)s" is no language'),
        N_('write a tag like "ja" or "en" after "lang"'),
        warning=True,
    ),
    "front-matter-anchor": _Sentence(
        N_("front matter with anchors or aliases (& and *), which are not read"),
        N_("write the values out, or put quotes around them"),
    ),
    "front-matter-large": _Sentence(
        N_("front matter that is too long or nested too deeply"),
        N_('keep it under %(limit)s characters, with the keys "name", "tags", "dialect" and "lang"'),
    ),
    "deck-name-long": _Sentence(
        N_("front matter: the name is longer than %(limit)s characters or has more than %(levels)s levels"),
        N_("give the deck a shorter name; now it is named after its file"),
        warning=True,
    ),
    "tags-long": _Sentence(
        N_("front matter: the tags have more than %(limit)s characters in all"),
        N_("write fewer; those beyond it were left out"),
        warning=True,
    ),
    # qa
    "answer-without-question": _Sentence(
        N_("answer without a question"),
        N_('start the note with "Q:"'),
    ),
    "second-answer": _Sentence(
        N_("second answer, left out; the first one is in line %(start)s"),
        N_('keep one "A:", or start the next note with "Q:"'),
    ),
    "answer-after-cloze": _Sentence(
        N_("answer after the cloze in line %(start)s, left out"),
        N_('a cloze has no "A:": take it out, or start the note with "Q:" instead of "C:"'),
    ),
    "answer-after-definition": _Sentence(
        N_("answer after the definition in line %(start)s, left out"),
        N_('take "A:" out, or start a note of its own with "Q:"'),
    ),
    "question-without-answer": _Sentence(
        N_("a new note starts while the question in line %(start)s has no answer"),
        N_('write its answer above this line, beginning with "A:"'),
    ),
    "question-before-separator": _Sentence(
        N_('separator "---" inside the question in line %(start)s, which has no answer'),
        N_('write its answer above the separator, beginning with "A:"'),
    ),
    "question-at-end": _Sentence(
        N_("the file ends inside the question in line %(start)s, which has no answer"),
        N_('write its answer, beginning with "A:"'),
    ),
    "text-outside-card": _Sentence(
        N_('text outside a card: "%(text)s"'),
        N_('start the note with "Q:", "C:" or "T:", or take the text out'),
    ),
    "term-without-definition": _Sentence(
        N_('term without a definition: "%(text)s"'),
        N_('write its definition below it, beginning with "D:"'),
    ),
    "definition-without-term": _Sentence(
        N_('definition without a term: "%(text)s"'),
        N_('write the term above it, beginning with "T:"'),
    ),
    "second-definition": _Sentence(
        N_('second "D:" for the term in line %(start)s: it is read as text of the definition'),
        N_('take "D:" out, or write "T:" above it'),
        warning=True,
    ),
    "empty-question": _Sentence(
        N_("empty question"),
        N_('write it after "Q:"'),
        warning=True,
    ),
    "empty-answer": _Sentence(
        N_("empty answer"),
        N_('write it after "A:"'),
        warning=True,
    ),
    "empty-term": _Sentence(
        N_("empty term"),
        N_('write it after "T:"'),
        warning=True,
    ),
    "empty-definition": _Sentence(
        N_("empty definition"),
        N_('write it after "D:"'),
        warning=True,
    ),
    "heading-as-text": _Sentence(
        N_('heading at the end of a note, read as its text: "%(text)s"'),
        N_("take it out: a deck has none; what stands below it may be a file of its own"),
        warning=True,
    ),
    "term-as-text": _Sentence(
        N_('term without a definition, read as text of the note above it: "%(text)s"'),
        N_('write its definition below it, beginning with "D:"'),
        warning=True,
    ),
    "wide-marker": _Sentence(
        N_('marker in full-width characters, read as text: "%(text)s"'),
        N_('write it with a plain letter and a plain colon, as "Q:", "A:" or "C:"'),
        warning=True,
    ),
    "cloze-without-deletion": _Sentence(
        N_("cloze without a deletion"),
        N_("put what is to be asked for in [square brackets]"),
    ),
    "empty-deletion": _Sentence(
        N_('empty deletion "[]" in a cloze'),
        N_('write the answer between the brackets, or "\\[\\]" for brackets as text'),
    ),
    "too-many-deletions": _Sentence(
        N_("cloze with %(count)s deletions; %(limit)s is the limit"),
        N_("split it into several notes"),
    ),
    "link-is-deletion": _Sentence(
        N_('link in a cloze: its text "%(text)s" is read as a deletion'),
        N_('write "\\[" and "\\]" for brackets as text, or the bare address'),
        warning=True,
    ),
    "footnote-is-deletion": _Sentence(
        N_('footnote in a cloze: "%(text)s" is read as a deletion'),
        N_('write "\\[" and "\\]" for brackets as text'),
        warning=True,
    ),
    "task-is-deletion": _Sentence(
        N_("task box in a cloze: it is read as a deletion"),
        N_('write "\\[" and "\\]" for brackets as text'),
        warning=True,
    ),
    # outline
    "bullet-alone": _Sentence(
        N_('bullet with nothing below it: "%(text)s"'),
        N_('write below it, indented, what is to be remembered, or "term : meaning" on one line'),
    ),
    "empty-bullet": _Sentence(
        N_("empty bullet"),
        N_("finish it or take it out"),
        warning=True,
    ),
    "heading-unused": _Sentence(
        N_('heading without a card below it: "%(text)s"'),
        N_("put bullets or text below it, or take it out"),
        warning=True,
    ),
    "text-without-heading": _Sentence(
        N_('text that stands below no heading and no bullet (lines %(first)s to %(last)s): "%(text)s"'),
        N_("put a heading above it, or indent it below a bullet"),
    ),
    "bullets-too-deep": _Sentence(
        N_("bullets nested deeper than %(limit)s levels are read as if they stood on that level"),
        N_("use fewer levels"),
        warning=True,
    ),
    # every dialect
    "code-without-end": _Sentence(
        N_("code block without an end"),
        N_("close it with a line of the same marks, as many as at its start"),
        warning=True,
    ),
    "code-over-notes": _Sentence(
        N_("a code block begins here and runs over the start of another note, which is read as code"),
        N_("close it with a line of the same marks, or begin it with more marks than any block inside it"),
        warning=True,
    ),
    "side-too-long": _Sentence(
        N_("a side of this note is longer than %(limit)s bytes"),
        N_("split it into several notes"),
    ),
    "nested-too-deep": _Sentence(
        N_("a side of this note nests brackets, quotes or lists deeper than %(limit)s levels"),
        N_("use fewer levels"),
    ),
    "run-too-long": _Sentence(
        N_('a side of this note repeats "%(mark)s" more than %(limit)s times in a row'),
        N_("shorten the run"),
    ),
}

CODES = frozenset(_SENTENCES)
_EXCERPT = 40


def problem(line: int, code: str, **details: object) -> Problem:
    """The problem `code` in `line` (1-based), its templates to be filled in with `details`."""
    sentence = _SENTENCES[code]
    texts = {name: str(value) for name, value in details.items()}
    return Problem(line, code, sentence.message, sentence.remedy, texts, sentence.warning)


def excerpt(text: str) -> str:
    """The first line of `text`, short enough for a sentence."""
    first = text.strip().partition("\n")[0].rstrip()
    return first if len(first) <= _EXCERPT else first[: _EXCERPT - 1] + "…"


def how_many(stored: Sequence[Mapping[str, Any]]) -> int:
    """How many problems a list tells of as it is stored with a deck: its last one may stand for many."""
    stands_for = int(stored[-1]["details"]["count"]) if stored and stored[-1]["code"] == "more-problems" else 1
    return len(stored) - 1 + stands_for if stored else 0
