"""A learner puts a deck of their own away: an import in which its file is gone, to be undone like any other.

A deck of the library goes with its file. What was sent is in no folder that it could be missing from.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app import importing
from app.errors import NotFoundError
from app.importing import ImportReport
from app.importing.planner import make_without
from app.importing.uploads import Uploaded


def put_away(session: Session, owner_id: int, deck_id: int, root: str, now: datetime) -> ImportReport:
    """Retire an own deck and its notes until its file is sent again; a learnt note goes on in a copy that stays.

    `root` says in the list of imports what this one is of. Raises NotFoundError where the owner has no such deck with a
    file, or it is away already.
    """
    plan = make_without(session, owner_id, root, deck_id)
    if not plan.files:
        raise NotFoundError("You have no deck %(deck)s of your own; choose one from the list on Today", deck=deck_id)
    return importing.apply(session, plan, Uploaded(), owner_id, now)
