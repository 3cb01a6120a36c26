"""The tables. Content (decks, notes, cards) and progress (schedules, reviews) are apart: one text, several learners.

Times are UTC; `due`, `study_day` and the other days are calendar dates of the learner. Easiness is in hundredths.
"""

from app.models.accounts import Login, SetupCode, Throttle, User
from app.models.base import Base, UTCDateTime
from app.models.content import Card, Deck, DeckMedium, Medium, Note, Rendering
from app.models.imports import Import, ImportChange, ImportMedium
from app.models.progress import NewCursor, Review, Schedule

__all__ = [
    "Base",
    "Card",
    "Deck",
    "DeckMedium",
    "Import",
    "ImportChange",
    "ImportMedium",
    "Login",
    "Medium",
    "NewCursor",
    "Note",
    "Rendering",
    "Review",
    "Schedule",
    "SetupCode",
    "Throttle",
    "UTCDateTime",
    "User",
]
