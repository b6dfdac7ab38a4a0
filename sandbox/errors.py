"""Exceptions of the sandbox. The HTTP layers map them to responses."""

from __future__ import annotations


class SandboxError(Exception):
    """Base of the sandbox's own errors."""


class BadSettingError(SandboxError):
    """A switch does not exist or its value is invalid."""


class UnknownModelError(SandboxError, LookupError):
    """No model with this id exists, or it is deleted."""


class UnknownPhotoError(SandboxError, LookupError):
    """The model has no photo with this id."""


class WrongStatusError(SandboxError):
    """The operation is not possible in the model's status.

    Attributes:
        status: the model's status.
    """

    def __init__(self, status: str) -> None:
        super().__init__(f"not possible while the model is {status}")
        self.status = status


class NoCreditsError(SandboxError):
    """The organization has too few credits."""


class ApiError(SandboxError):
    """An error response of the API.

    Attributes:
        status: HTTP status.
        code: one of the API's error codes.
        message: the value of `error`.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class InvalidRequestError(ApiError):
    """A required field is missing or malformed."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "INVALID_REQUEST", message)


class NotFoundError(ApiError):
    """The resource does not exist.

    Args:
        noun: what is missing, as the message names it, such as "Model".
    """

    def __init__(self, noun: str) -> None:
        super().__init__(404, "NOT_FOUND", f"{noun} not found")


class InsufficientCreditsError(ApiError):
    """The balance is too low."""

    def __init__(self) -> None:
        super().__init__(402, "INSUFFICIENT_CREDITS", "Insufficient credits")


class UnknownRuleError(SandboxError, LookupError):
    """No fault rule with this id exists."""
