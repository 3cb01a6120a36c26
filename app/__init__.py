"""Oboegaki: flashcards from Markdown notes, brought back on the day SM-2 says."""

from flask import Flask

from app.config import Config, from_environment
from app.db import Database


def create_app(config: Config | None = None) -> Flask:
    """The app, read top to bottom: settings, database, web. Raises SetupError when it cannot run as configured."""
    from app import web

    config = config or from_environment()
    app = Flask(__name__, static_folder="web/static", template_folder="web/templates")
    app.extensions["config"] = config
    app.extensions["database"] = Database(config)
    web.init_app(app, config)
    return app
