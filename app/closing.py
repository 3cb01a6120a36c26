"""Deleting an account with everything that is only its own."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app import logins, media, throttle
from app.accounts import row_of
from app.errors import RefusedError
from app.learner import Learner
from app.models import (
    Card,
    Deck,
    DeckMedium,
    Import,
    ImportChange,
    ImportMedium,
    NewCursor,
    Note,
    Rendering,
    Review,
    Schedule,
    User,
)
from app.names import name_key
from app.setup_code import issue_setup_code


def delete_account(session: Session, learner: Learner, typed_name: str, now: datetime) -> str | None:
    """Delete the account: progress, log, logins, own decks and their imports; its name is free again.

    What it did for the shared library stays, without its name. Raises RefusedError when `typed_name` is not the
    account's name, and for the last administrator while there are other accounts. Where this was the only account,
    gives a new set-up code, which is to be told where the server's owner reads.
    """
    user = row_of(session, learner)
    if name_key(typed_name) != user.name_key:
        raise RefusedError(
            'The name typed is not that of this account; type "%(name)s" to delete it. Nothing was deleted',
            name=user.name,
        )
    if user.is_admin and _is_needed(session, user.id):
        raise RefusedError(
            "This is the last administrator, and there are other accounts; make another administrator first "
            '("oboegaki user add NAME --admin"). Nothing was deleted'
        )
    user.closed_at = now  # from here on the trigger on reviews lets go of this account's
    session.flush()
    _delete_progress(session, user.id)
    _delete_imports(session, user.id)
    _delete_decks(session, user.id)
    logins.end_logins(session, user.id)
    throttle.forget_account(session, user.id, user.name_key)
    session.delete(user)
    session.flush()
    return issue_setup_code(session, now)


def _is_needed(session: Session, user_id: int) -> bool:
    """Whether the other accounts would be left without an administrator."""
    others = session.scalars(select(User.is_admin).where(User.id != user_id, User.closed_at.is_(None))).all()
    return bool(others) and not any(others)


def _delete_progress(session: Session, user_id: int) -> None:
    for table in (Review, Schedule, NewCursor):
        session.execute(delete(table).where(table.user_id == user_id))


def _delete_imports(session: Session, user_id: int) -> None:
    """Delete the imports of the account's own decks; those of the shared library forget who asked for them."""
    own_imports = select(Import.id).where(Import.owner_id == user_id)
    session.execute(delete(ImportChange).where(ImportChange.import_id.in_(own_imports)))
    session.execute(delete(ImportMedium).where(ImportMedium.import_id.in_(own_imports)))
    session.execute(delete(Import).where(Import.owner_id == user_id))
    session.execute(update(Import).where(Import.user_id == user_id).values(user_id=None))


def _delete_decks(session: Session, user_id: int) -> None:
    """Delete the account's own decks, children first, and the renderings, which may hold their text."""
    own_decks = select(Deck.id).where(Deck.owner_id == user_id)
    if session.scalar(own_decks.limit(1)) is None:
        return
    session.execute(delete(DeckMedium).where(DeckMedium.deck_id.in_(own_decks)))
    media.collect(session)
    session.execute(delete(Card).where(Card.deck_id.in_(own_decks)))
    session.execute(delete(Note).where(Note.deck_id.in_(own_decks)))
    session.execute(delete(Deck).where(Deck.owner_id == user_id))
    session.execute(delete(Rendering))
