"""A long text in `qa`, cut into pieces that can be read one after the other as if it were whole.

A piece ends where a note begins and no code block is open: what stands before says nothing of what stands behind.
"""

from collections.abc import Iterable, Iterator

from app.decks.fences import find_tagged_fences, hide_code


def cut_pieces(chunks: Iterable[str]) -> Iterator[str]:
    """The text that comes in `chunks`, cut anew so that every piece but the first begins with `Q:` or `C:`.

    A code block is never cut. One without an end keeps all that follows together, as no one can tell before the end
    of the text that it has none.
    """
    waiting, wanted = "", 1
    for chunk in chunks:
        waiting += chunk
        if len(waiting) < wanted:
            continue
        at = _last_start(waiting)
        if at > 0:
            yield waiting[:at]
            waiting = waiting[at:]
        # Twice as much before the next look: a text that cannot be cut is looked through but a few times.
        wanted = 1 if at > 0 else 2 * len(waiting)
    if waiting:
        yield waiting


def _last_start(text: str) -> int:
    """Where the last note begins that surely is one, whatever follows; 0 where there is none behind the beginning."""
    whole = text[: text.rfind("\n") + 1]
    fences = find_tagged_fences(whole)
    end = fences.unclosed[0] if fences.unclosed else len(whole)
    hidden = hide_code(whole, fences)
    return max(hidden.rfind("\nQ:", 0, end), hidden.rfind("\nC:", 0, end)) + 1
