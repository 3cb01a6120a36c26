"""Japanese and English: the browser's choice, then the account's."""

from flask import Flask, g, request
from flask_babel import Babel
from flask_login import current_user

LANGUAGES = {"en": "English", "ja": "日本語"}
"""The languages of the pages, each by its own name."""


def init_app(app: Flask) -> None:
    """Choose a language for each request."""
    Babel(
        app,
        default_locale="en",
        default_translation_directories="translations",
        locale_selector=page_language,
        timezone_selector=_time_zone,
    )
    app.jinja_env.globals.update(page_language=page_language, languages=LANGUAGES)


def page_language() -> str:
    """The language of this page: the account's, else the best the browser asks for."""
    if "language" not in g:
        chosen = current_user.learner.language if current_user.is_authenticated else ""
        g.language = chosen or request.accept_languages.best_match(LANGUAGES) or "en"
    return str(g.language)


def _time_zone() -> str | None:
    return current_user.learner.time_zone if current_user.is_authenticated else None
