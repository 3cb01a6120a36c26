"""The app with `flask db`, for those who write migrations: `flask --app app.migrating db migrate`."""

from flask import Flask
from flask_migrate import Migrate

import app
from app.schema import MIGRATIONS


def create_app() -> Flask:
    """The app, and Flask-Migrate on its database."""
    made = app.create_app()
    Migrate(made, made.extensions["database"], directory=str(MIGRATIONS))
    return made
