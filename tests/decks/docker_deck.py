"""A small deck to edit in tests, and short ways to say what became of it."""

from app.decks.identity import Known, Match, Matching
from app.decks.note import Deletion, Note, NoteKind


def basic(front: str, back: str = "") -> Note:
    """A note with one card."""
    return Note(NoteKind.BASIC, front, back)


RUN = basic("コンテナを起動するコマンドは何か", "`docker run`")
STOP = basic("コンテナを停止するコマンドは何か", "`docker stop`")
BUILD = basic("Dockerfileからイメージを作るには", "`docker build .`")
BRIDGE = basic("既定のネットワークドライバーは", "bridge")
VOLUME = basic("データを永続化する仕組みを二つ挙げよ", "ボリュームとバインドマウント")
CACHE = basic("nginxで応答を蓄えておく指令は", "`proxy_cache`")
CLOZE = Note(NoteKind.CLOZE, "既定のネットワークはbridgeである", "", (Deletion("bridge", 9, 1),))
DECK = [RUN, STOP, BUILD, BRIDGE, VOLUME, CACHE]


def known(notes: list[Note], first: int = 0) -> list[Known]:
    """Notes with the ids `first`, `first` + 1, and so on."""
    return [Known(first + at, note) for at, note in enumerate(notes)]


def edited(at: int, note: Note) -> list[Note]:
    """The deck with one note replaced."""
    return [*DECK[:at], note, *DECK[at + 1 :]]


def of(matching: Matching, new: int) -> Match:
    """The match of a new note."""
    return next(found for found in matching.matches if found.new == new)


def ids(matching: Matching) -> list[int]:
    """The known notes that were found again, in the file's order."""
    return [found.id for found in matching.matches]
