"""Oboegaki: flashcards from Markdown notes, brought back on the day SM-2 says.

Nothing is imported here before it is asked for: `app.start` listens to a wish to stop before the program is loaded.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Config


def create_app(config: "Config | None" = None) -> "Flask":
    """The app, read top to bottom: settings, database, web. Raises SetupError when it cannot run as configured."""
    from flask import Flask

    from app import web
    from app.config import from_environment
    from app.db import Database

    config = config or from_environment()
    app = Flask(__name__, static_folder="web/static", template_folder="web/templates")
    app.extensions["config"] = config
    app.extensions["database"] = Database(config)
    web.init_app(app, config)
    return app
