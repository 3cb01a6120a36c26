"""What the tests of import share."""

import pytest

from app.config import Config
from app.db import Database
from tests.importing.library_folder import Folder


@pytest.fixture
def folder(database: Database, config: Config) -> Folder:
    """An empty cards folder, and the library that is imported from it."""
    return Folder(database, config)
