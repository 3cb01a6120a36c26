"""The headers of every reply: what a browser may do with it, and who may keep it."""

from flask import Flask, Response, request

from app.web.context import config
from app.web.look import static_version

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

_ALWAYS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_ONE_YEAR = 31_536_000


def init_app(app: Flask) -> None:
    """Set the headers on every reply."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    named = {name.lower() for name, _ in response.headers}
    response.headers.extend({name: value for name, value in _ALWAYS.items() if name.lower() not in named})
    if config().remote_images and response.headers["Content-Security-Policy"] == _POLICY:
        response.headers["Content-Security-Policy"] = _POLICY.replace("img-src 'self'", "img-src 'self' https: http:")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={_ONE_YEAR}")
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")
    elif response.status_code == 200 and _is_of_this_version():
        response.headers["Cache-Control"] = f"public, max-age={_ONE_YEAR}, immutable"
    return response


def _is_of_this_version() -> bool:
    """Whether the address of a static file names what it holds now; under the next version's nobody may keep it."""
    return request.args.get("v") == static_version((request.view_args or {})["filename"])
