"""A look at the cards folder every few seconds: a deck file that changed is imported without being asked.

Names, sizes and times are compared, and no file system is asked to tell: that works below every kind of mount.
"""

import logging
import threading

from sqlalchemy.exc import DBAPIError

from app import importing
from app.config import Config
from app.db import Database
from app.errors import OboegakiError, StaleError
from app.importing import ImportReport
from app.importing.report import MAY_PASS

EVERY_SECONDS = 2.0
MOST_LOOKS = 150
"""So many looks at most are let pass before an import that failed is tried again: five minutes."""

_log = logging.getLogger(__name__)


class FolderWatch:
    """Imports the library when a file of it has changed and two looks in a row find the same: it is written whole.

    The first look imports too, as the import at the start may have failed. What failed for a reason that may pass is
    tried again after 1, 2, 4, ... looks, and said in the log once for each reason.
    """

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._config = config
        self._imported: object = None
        self._seen = self._state()
        self._failures = 0
        self._waiting = 0
        self._said = ""

    def look(self) -> None:
        """Look once. Never raises: what went wrong is in the log."""
        state = self._state()
        settled, self._seen = state == self._seen, state
        if state != self._imported and settled and not self._is_waiting():
            self._import(state)

    def _is_waiting(self) -> bool:
        if not self._waiting:
            return False
        self._waiting -= 1
        return True

    def _import(self, state: object) -> None:
        try:
            report = importing.run(self._database, self._config)
        except Exception as error:
            self._fail(state, error)
            return
        if report.import_id is not None:
            _log.warning("%s", report.summary)
        if fault := _unread(report):
            self._try_again(fault)
        else:
            self._rest(state)

    def _fail(self, state: object, error: Exception) -> None:
        """A refusal stands until something changes; what else goes wrong may pass."""
        if isinstance(error, OboegakiError) and not isinstance(error, StaleError):
            self._rest(state)
            _log.warning("the decks were not imported: %s", error)
            return
        reason = error.orig if isinstance(error, DBAPIError) else error
        self._try_again(f"the decks were not imported: {reason}", error)

    def _try_again(self, sentence: str, error: Exception | None = None) -> None:
        self._failures += 1
        self._waiting = min(2 ** (self._failures - 1), MOST_LOOKS)
        if sentence == self._said:
            return
        self._said = sentence
        is_ours = error is None or isinstance(error, DBAPIError | OSError | StaleError)
        _log.warning("%s; it is tried again until it works", sentence, exc_info=None if is_ours else error)

    def _rest(self, state: object) -> None:
        self._imported, self._failures, self._waiting, self._said = state, 0, 0, ""

    def _state(self) -> object:
        """What the folder looks like; why it cannot be looked at is a state too, and the import says so once."""
        try:
            return importing.folder_state(self._config.cards_dir)
        except (OboegakiError, OSError) as error:
            return str(error)

    def start(self) -> None:
        """Look every few seconds, in a thread that ends with the process."""
        threading.Thread(target=self._watch, name="folder-watch", daemon=True).start()

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY_SECONDS):
            try:
                self.look()
            except Exception:
                _log.exception("the look at the cards folder failed; it goes on")


def _unread(report: ImportReport) -> str:
    """The first file that could not be read, as a sentence; a disk or a mount may be well again in a moment."""
    for file in report.files:
        for problem in file.problems:
            if problem["code"] in MAY_PASS:
                return f"{file.file}: {problem['message'] % problem['details']}"
    return ""
