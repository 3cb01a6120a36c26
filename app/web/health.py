"""Whether the app can serve: asked by container engines and proxies, without an account."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from app.web.context import database

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def show() -> ResponseReturnValue:
    """200 when the database can be written (nothing is), else an error page of class 5xx."""
    with database().probing() as session:
        session.execute(text("SELECT 1"))
    return jsonify(status="ok")
