"""A look at the cards folder every few seconds: a deck file that changed is imported without being asked.

Names, sizes and times are compared, and no file system is asked to tell: that works below every kind of mount.
"""

import logging
import threading

from app import importing
from app.config import Config
from app.db import Database
from app.errors import OboegakiError

EVERY_SECONDS = 2.0

_log = logging.getLogger(__name__)


class FolderWatch:
    """Imports the library when a deck file has changed and two looks in a row find the same: it is written whole."""

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._config = config
        self._imported = self._seen = self._state()

    def look(self) -> None:
        """Look once; what cannot be imported is said in the log and waits for the next change."""
        state = self._state()
        settled, self._seen = state == self._seen, state
        if not settled or state == self._imported:
            return
        self._imported = state
        try:
            report = importing.run(self._database, self._config)
        except OboegakiError as error:
            _log.warning("the decks were not imported: %s", error)
        else:
            _log.warning("%s", report.summary)

    def _state(self) -> object:
        """What the folder looks like; why it cannot be looked at is a state too, and the import says so once."""
        try:
            return importing.folder_state(self._config.cards_dir)
        except OboegakiError as error:
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
