"""What can go wrong inside the sandbox, as types; the words on the wire are chosen at its edge."""

from __future__ import annotations


class SandboxError(Exception):
    """Base of the sandbox's own errors."""


class BadSettingError(SandboxError):
    """A switch does not exist or cannot have this value."""


class UnknownModelError(SandboxError, LookupError):
    """No model has this id (or it is deleted)."""


class UnknownPhotoError(SandboxError, LookupError):
    """No photo of this model has this id."""


class WrongStatusError(SandboxError):
    """The model is not in a status in which this can happen.

    Attributes:
        status: where the model is.
    """

    def __init__(self, status: str) -> None:
        super().__init__(f"not possible while the model is {status}")
        self.status = status


class NoCreditsError(SandboxError):
    """The organisation cannot pay for this."""


class ApiError(SandboxError):
    """An answer of the API that is not a success.

    Attributes:
        status: HTTP status.
        code: one of the API's constants.
        message: the text in `error`.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def invalid_request(message: str) -> ApiError:
    """A required field is missing or malformed."""
    return ApiError(400, "INVALID_REQUEST", message)


def not_found(what: str) -> ApiError:
    """The thing named does not exist."""
    return ApiError(404, "NOT_FOUND", f"{what} not found")


def insufficient_credits() -> ApiError:
    """The balance is too low."""
    return ApiError(402, "INSUFFICIENT_CREDITS", "Insufficient credits")


class UnknownRuleError(SandboxError, LookupError):
    """No fault rule has this number."""
