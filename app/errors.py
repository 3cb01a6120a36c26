"""What may go wrong, each as a sentence a person can act on.

Caught in two places only: `cli.py` prints it and exits with 1, `web/__init__.py` shows it as a page.
"""


class OboegakiError(Exception):
    """Place, problem and remedy in one sentence; `status` is the HTTP status a page answers with.

    `template` is the English sentence with `%(name)s` for each of the `details`: a page translates the template
    and fills it in, the command line prints it in English.
    """

    status = 400

    def __init__(self, template: str, **details: object) -> None:
        super().__init__(template % details if details else template)
        self.template = template
        self.details = details


class SetupError(OboegakiError):
    """The program cannot start as it is configured; nothing has been changed."""

    status = 500


class NotFoundError(OboegakiError):
    """What was asked for does not exist, or belongs to somebody else: the two look the same."""

    status = 404


class RefusedError(OboegakiError):
    """The request was understood and is not allowed for this account."""

    status = 403


class StaleError(OboegakiError):
    """The page was made before something else happened; nothing has been recorded."""

    status = 409


class TooManyError(OboegakiError):
    """Too many attempts; `retry_after` says in how many seconds the next one is looked at."""

    status = 429

    def __init__(self, template: str, retry_after: int, **details: object) -> None:
        super().__init__(template, **details)
        self.retry_after = retry_after
