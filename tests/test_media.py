"""What is taken for a picture or sound, who sees it, and when it goes."""

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import media
from app.errors import NotFoundError
from app.learner import Learner
from app.models import DeckMedium, Import, ImportMedium, Medium
from tests.conftest import NOW, add_learner
from tests.library import add_deck
from tests.pictures import FIRST_BYTES, png


def add_medium(session: Session, data: bytes, *deck_ids: int) -> bytes:
    """A picture that these decks show; its digest."""
    digest = sha256(data).digest()
    session.execute(insert(Medium).values(sha256=digest, type="image/png", bytes=data))
    for deck_id in deck_ids:
        session.execute(insert(DeckMedium).values(deck_id=deck_id, name="x.png", sha256=digest))
    return digest


@pytest.mark.parametrize("kind", FIRST_BYTES)
def test_the_first_bytes_tell_the_kind(kind: str) -> None:
    assert media.type_of(FIRST_BYTES[kind] + b"and more") == kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"GIF87a", "image/gif"),
        (b"\0\0\0\x1cftypavis", "image/avif"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf3\x90\x64", "audio/mpeg"),
        (b"\xff\xf9\x90", None),
        (b"\xff", None),
        (b"", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"<html><script>", None),
        (b"%PDF-1.7", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"\0\0\0\x1cftypisom", None),
        (b" \x89PNG\r\n\x1a\n", None),
    ],
)
def test_what_is_none_of_the_kinds_is_nothing(data: bytes, kind: str | None) -> None:
    assert media.type_of(data) == kind


def test_a_name_and_its_bytes_must_agree_on_picture_or_sound() -> None:
    assert media.is_shown("x.PNG", "image/jpeg")
    assert media.is_shown("x.Mp3", "audio/ogg")
    assert not media.is_shown("x.png", "audio/mpeg")
    assert not media.is_shown("x.mp3", "image/png")


def test_a_picture_of_the_library_is_for_all_and_one_of_an_own_deck_for_its_owner(session: Session) -> None:
    hanako, taro = add_learner(session, "hanako"), add_learner(session, "taro")
    shared = add_medium(session, png("shared"), add_deck(session, "Docker"))
    own = add_medium(session, png("own"), add_deck(session, "Own", owner=hanako))
    both = add_medium(session, png("both"), add_deck(session, "Other", owner=taro), add_deck(session, "nginx"))
    seen = [(digest, _finds(session, learner, digest)) for digest in (shared, own, both) for learner in (hanako, taro)]
    assert [is_seen for _, is_seen in seen] == [True, True, True, False, True, True]


def test_what_may_not_be_seen_is_as_what_does_not_exist(session: Session) -> None:
    hanako, taro = add_learner(session, "hanako"), add_learner(session, "taro")
    own = add_medium(session, png(), add_deck(session, "Own", owner=taro))
    shown_by_none = add_medium(session, png("loose"))
    for digest in (own, shown_by_none, bytes(32), b""):
        with pytest.raises(NotFoundError) as missing:
            media.find(session, hanako, digest)
        assert str(missing.value) == "There is no such picture or sound; go back to Today and start from there"


def test_what_nothing_shows_goes_and_what_an_undo_would_bring_back_stays(session: Session) -> None:
    kept = add_medium(session, png("shown"), add_deck(session, "Docker"))
    for_undo = add_medium(session, png("for undo"))
    add_medium(session, png("loose"))
    values: dict[str, Any] = {"at": NOW, "root": "", "report": {}}
    import_id = session.execute(insert(Import).values(values).returning(Import.id)).scalar_one()
    session.execute(insert(ImportMedium).values(import_id=import_id, sha256=for_undo))
    media.collect(session)
    assert set(session.execute(select(Medium.sha256)).scalars()) == {kept, for_undo}


def _finds(session: Session, learner: Learner, digest: bytes) -> bool:
    try:
        return sha256(media.find(session, learner, digest).bytes).digest() == digest
    except NotFoundError:
        return False
