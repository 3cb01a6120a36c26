"""Japanese and English: the browser's choice, then the account's."""

from typing import Any

from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale
from flask_login import current_user

from app.languages import LANGUAGES


class _Catalogs(Domain):  # type: ignore[misc]
    """The texts of each language, read once in a process."""

    def __init__(self) -> None:
        super().__init__()
        self._by_locale: dict[Any, Any] = {}

    def get_translations(self) -> Any:
        """The texts in the language that holds now; outside of a request those of the code."""
        locale = get_locale()
        if locale is None:
            return super().get_translations()
        if locale not in self._by_locale:
            self._by_locale[locale] = super().get_translations()
        return self._by_locale[locale]


class _Babel(Babel):  # type: ignore[misc]
    """Keeps its catalogs: Flask-Babel itself reads them again in every request."""

    domain_instance = _Catalogs()


def init_app(app: Flask) -> None:
    """Choose a language for each request."""
    _Babel(
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
        g.language = chosen or browser_language()
    return str(g.language)


def browser_language() -> str:
    """The best of our languages for what the browser asks for."""
    return request.accept_languages.best_match(LANGUAGES) or "en"


def _time_zone() -> str | None:
    return current_user.learner.time_zone if current_user.is_authenticated else None
