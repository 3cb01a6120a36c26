"""Whether the app can serve: asked by container engines and proxies, without an account."""

import os
import tempfile

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.web.context import config, database

blueprint = Blueprint("health", __name__)

_ROOM = 64 * 1024
"""Bytes that an answer and the journal it goes to may need."""


@blueprint.get("/health")
def show() -> ResponseReturnValue:
    """200 when the database can be written (nothing is), else an error page of class 5xx.

    Taking the right to write does not reach the disk, and a commit would change the database for a question. What the
    disk thinks of it, a file without a name beside the database finds out; raises OSError.
    """
    database().probe()
    if file := config().database_file:
        with tempfile.TemporaryFile(dir=file.parent) as draft:
            draft.write(bytes(_ROOM))
            draft.flush()
            os.fsync(draft.fileno())
    return jsonify(status="ok")
