"""Copies: a learnt note that goes while a copy of it stays goes on in the copy's place.

Who moves notes by hand copies first and deletes then, and an import may come between: the copy was a new note to it.
So long as nobody has learnt anything of the copy, it gives its place up, and no progress is lost. The copy's text says
more than a doubtful match in the place that the note had.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from app.decks.evidence import text
from app.decks.identity import Change, Match
from app.importing import known
from app.importing.known import KnownNote
from app.importing.plan import FilePlan, Plan


def settle(session: Session, plan: Plan, files: Sequence[FilePlan]) -> None:
    """Let each learnt note that leaves one of `files` go on as a copy that nobody has learnt, where there is one."""
    leaving = [note_id for file in files for note_id in _leaving(file)]
    learnt = known.learnt(session, leaving)
    if not learnt:
        return
    stay = [plan.known[match.id] for file in files for match in file.matches if not match.doubtful]
    among = _copies(session, plan, [note for note in stay if note.row.retired_at is None], learnt)
    rest = learnt - among.keys()
    keys = [plan.known[note_id].row.text_key for note_id in rest]
    others = [note for note in known.standing(session, plan.owner_id, keys) if note.row.id not in plan.known]
    elsewhere = _copies(session, plan, others, rest)
    plan.known |= {note.row.id: note for note in others}
    for file in files:
        _go_on(file, among, elsewhere)
    for copy_id in elsewhere.values():
        _count_out(plan.files, plan.known[copy_id].row.deck_id)


def _leaving(file: FilePlan) -> Iterable[int]:
    """The notes of a file that are gone or may be."""
    return [*file.gone, *(match.id for match in file.matches if match.doubtful)]


def _copies(session: Session, plan: Plan, notes: Sequence[KnownNote], learnt: Collection[int]) -> dict[int, int]:
    """The copy of each learnt note among `notes`, by id: the first of which nothing was learnt."""
    wanted = {text(plan.known[note_id].text) for note_id in learnt}
    alike = [note for note in notes if text(note.text) in wanted]
    taken = known.learnt(session, [note.row.id for note in alike])
    fresh = sorted((note.row.id, text(note.text)) for note in alike if note.row.id not in taken)
    by_text = {words: note_id for note_id, words in reversed(fresh)}
    found = {note_id: by_text.pop(text(plan.known[note_id].text), None) for note_id in sorted(learnt)}
    return {note_id: copy_id for note_id, copy_id in found.items() if copy_id is not None}


def _go_on(file: FilePlan, among: Mapping[int, int], elsewhere: Mapping[int, int]) -> None:
    """Exchange notes and their copies in the plan of one file; what was taken for such a note is new."""
    originals = {copy_id: note_id for note_id, copy_id in among.items()}
    guessed = {match.new: match.id for match in file.matches if match.id in among or match.id in elsewhere}
    leaving = [*file.gone, *guessed.values()]
    file.matches = [_exchanged(match, originals) for match in file.matches if match.new not in guessed]
    file.added = sorted([*file.added, *guessed])
    file.gone = [among.get(note_id, note_id) for note_id in leaving if note_id not in elsewhere]
    file.moved_on = {note_id: elsewhere[note_id] for note_id in leaving if note_id in elsewhere}


def _exchanged(match: Match, originals: Mapping[int, int]) -> Match:
    if match.id not in originals:
        return match
    return match._replace(id=originals[match.id], change=Change.MOVED if match.change is Change.SAME else match.change)


def _count_out(files: Iterable[FilePlan], deck_id: int) -> None:
    """Count the copy no more among the notes of its file that stay the same, where the import is of that file too."""
    for file in files:
        if file.unchanged and file.was is not None and file.was.id == deck_id:
            file.unchanged -= 1
