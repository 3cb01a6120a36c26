"""A form as it came: what was typed, what is wrong with it field by field, and with which status it goes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response, make_response, request
from flask_babel import gettext

from app.errors import OboegakiError, TooManyError
from app.web.errors import sentence

WHOLE = "form"
"""Stands for the form as a whole where no single field is to blame."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a page. `name` keeps its ids apart from those of other forms; passwords are never shown again."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    refusals: list[OboegakiError] = field(default_factory=list)

    def text(self, name: str) -> str:
        """What stands in a field; empty where nothing does."""
        return self.values.get(name, "")

    def blaming(self, name: str) -> "_Blaming":
        """Keep what goes wrong in the body of a `with` statement as the error of a field; its first one stays."""
        return _Blaming(self, name)

    def whole_number(self, name: str, least: int, most: int) -> int:
        """The number in a field; outside of `least` to `most` it is the field's error."""
        typed = self.text(name).strip()
        number = int(typed) if typed.isdecimal() and len(typed) <= len(str(most)) else -1
        if not least <= number <= most:
            message = gettext("Use a whole number from %(least)s to %(most)s", least=least, most=most)
            self.errors.setdefault(name, message)
        return number

    @property
    def must_wait(self) -> bool:
        """Whether it was refused for having been sent too often, so that nothing in it is known to be wrong."""
        return any(isinstance(error, TooManyError) for error in self.refusals)

    @property
    def focus(self) -> str:
        """The field to be in when the form comes back: the first one with an error; "" where none has one."""
        return next((name for name in self.values if name in self.errors), "")

    def refused(self, page: str) -> Response:
        """The page with this form on it again: 429 where it was sent too often, else 400."""
        waits = [error.retry_after for error in self.refusals if isinstance(error, TooManyError)]
        response = make_response(page, 429 if waits else 400)
        if waits:
            response.headers["Retry-After"] = str(max(waits))
        return response


@dataclass(frozen=True, slots=True)
class _Blaming:
    form: Form
    name: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, OboegakiError):
            return False
        self.form.errors.setdefault(self.name, sentence(error))
        self.form.refusals.append(error)
        return True


def sent(name: str) -> Form:
    """The form that this request sends."""
    return Form(name, request.form.to_dict())
