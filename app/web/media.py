"""Pictures and sounds of cards, by the hash of their bytes, for those who may see a deck that shows them."""

import io
import re

from flask import Blueprint, Response, send_file

from app import media
from app.web.context import learner, reading

blueprint = Blueprint("media", __name__)

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ONE_YEAR = 31_536_000
_POLICY = "default-src 'none'; sandbox"
"""Whatever a browser takes the bytes for, nothing in them runs and nothing is loaded."""


@blueprint.get("/media/<digest>")
def show(digest: str) -> Response:
    """One picture or sound. Its address changes with its bytes, so the device may keep it, and nobody else may."""
    found = media.find(reading(), learner(), _bytes(digest))
    shown = found.type in media.TYPES  # what else a damaged or foreign database may hold is handed out and not shown
    kind = found.type if shown else "application/octet-stream"
    response = send_file(
        io.BytesIO(found.bytes),
        mimetype=kind,
        as_attachment=not shown,
        download_name=digest,
        etag=digest,
        conditional=True,
    )
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = f"private, max-age={_ONE_YEAR}, immutable"
    return response


def _bytes(digest: str) -> bytes:
    """The digest; what is none is no picture's either."""
    return bytes.fromhex(digest) if _DIGEST.fullmatch(digest) else b""
