"""Every text a learner sees is in app/translations, in Japanese and English, complete and with its fields.

`python tests/texts.py` fails when a catalog is behind the code or a text is not translated; with `--collect` it
brings the catalogs up to the code, leaving new texts empty.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.languages import LANGUAGES

APP = Path(__file__).resolve().parent.parent / "app"
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext.babel_extract")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true"}}
_KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "OboegakiError": None,
    "NotFoundError": None,
    "RefusedError": None,
    "StaleError": None,
    "TooManyError": None,
}
"""The functions whose first argument is a text; an error's sentence is one, and a page translates it."""


def collected() -> Catalog:
    """All texts that the code and the templates hold."""
    catalog = Catalog(project="Oboegaki")
    found = extract_from_dir(APP, _METHODS, _OPTIONS, keywords=_KEYWORDS, strip_comment_tags=True)
    for file, line, text, _comments, context in sorted(found, key=lambda one: (one[0], one[1])):
        catalog.add(text, None, [(f"app/{file}", line)], context=context)
    return catalog


def path_of(language: str) -> Path:
    """Where a language's catalog lies."""
    return APP / "translations" / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """A language's catalog; an empty one where there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def collect() -> None:
    """Bring the catalogs up to the code."""
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(collected(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy, catalog.header_comment = False, ""
        _fill_in_english(catalog, language)
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        written = io.BytesIO()
        write_po(written, catalog, width=110, omit_header=False, sort_output=True, include_lineno=False)
        text = written.getvalue().decode()
        path_of(language).write_text(
            re.sub(r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By).*\n', "", text, flags=re.M)
        )


def _fill_in_english(catalog: Catalog, language: str) -> None:
    """The code's texts are the English ones."""
    if language != "en":
        return
    for message in catalog:
        if message.id:
            message.string = message.id


def faults() -> Iterator[str]:
    """What is wrong with the catalogs, a sentence each."""
    wanted = {message.id: message for message in collected() if message.id}
    for language in LANGUAGES:
        if read(language).fuzzy:
            yield f"{language}: the catalog is marked as fuzzy and would not be compiled; run: make texts"
        catalog = {message.id: message for message in read(language) if message.id}
        for text in wanted.keys() - catalog.keys():
            yield f"{language}: not collected: {text!r}; run: make texts"
        for text in catalog.keys() - wanted.keys():
            yield f"{language}: no longer used: {text!r}; run: make texts"
        for message in catalog.values():
            yield from _faults_of(language, message)


def _faults_of(language: str, message: Message) -> Iterator[str]:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    if not all(strings) or message.fuzzy:
        yield f"{language}: not translated: {message.id!r}"
        return
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    fields = _fields(ids[-1])
    for string in strings:
        if _fields(str(string)) - fields or (len(ids) == 1 and _fields(str(string)) != fields):
            yield f"{language}: {string!r} has other fields than {ids[-1]!r}"


def _fields(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[sd]", text))


def main() -> int:
    """Collect, or check; 1 when something is wrong."""
    if "--collect" in sys.argv:
        collect()
        return 0
    found = sorted(faults())
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
