"""Errors of the provider as types with attributes; they never contain a URL, body, e-mail address or key."""

import re
from datetime import datetime
from typing import ClassVar

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


class ProviderError(Exception):
    """The provider refused, failed or sent an unusable response.

    `status` is the HTTP status (None without a response), `code` the provider's constant (None when it
    sent none in the expected form), `retryable` whether the same call may succeed later without a change
    by people, `outcome_unknown` whether a write may have taken effect although no usable response came back: check
    before repeating it. `path_template` holds placeholders, never ids.
    """

    retryable_by_default: ClassVar[bool] = False

    def __init__(
        self,
        method: str,
        path_template: str,
        *,
        status: int | None = None,
        code: str | None = None,
        retryable: bool | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        self.method = method
        self.path_template = path_template
        self.status = status
        self.code = code if code is not None and _CODE.fullmatch(code) else None
        self.retryable = self.retryable_by_default if retryable is None else retryable
        self.outcome_unknown = outcome_unknown
        super().__init__()

    def __str__(self) -> str:
        details = " ".join(str(part) for part in (self.status, self.code) if part is not None)
        return f"{type(self).__name__}: {self.method} {self.path_template}" + (f" ({details})" if details else "")

    def __repr__(self) -> str:
        return f"<{self}>"


class Unauthorized(ProviderError):
    """The API key is missing, wrong or deleted."""


class Forbidden(ProviderError):
    """The key is fine, the permission or the feature (for example whitelabel) is not there."""


class InvalidRequest(ProviderError):
    """A field was missing or malformed."""


class InvalidEmail(InvalidRequest):
    """The provider does not take this address."""


class AlreadyExists(ProviderError):
    """The thing exists at the provider: for a model, a user with this address."""


class AlreadyDeleted(ProviderError):
    """The thing was deleted earlier."""


class NotFound(ProviderError):
    """The resource does not exist at the provider, or it belongs to another organization."""


class OutOfCredits(ProviderError):
    """The organization has no credits left; a retry helps only after more are bought."""


class InviteLimit(ProviderError):
    """Too many pending invites; waiting does not help, revoking or completing does."""


class RateLimited(ProviderError):
    """Too many calls. `resets_at`: when to retry; `own_budget`: our own budget refused, nothing was sent."""

    retryable_by_default = True

    def __init__(
        self,
        method: str,
        path_template: str,
        *,
        status: int | None = None,
        code: str | None = None,
        resets_at: datetime | None = None,
        own_budget: bool = False,
    ) -> None:
        super().__init__(method, path_template, status=status, code=code)
        self.resets_at = resets_at
        self.own_budget = own_budget


class Unavailable(ProviderError):
    """No response, or a 5xx. `is_timeout`: too slow; `circuit_open`: nothing was sent, the breaker is open."""

    retryable_by_default = True

    def __init__(
        self,
        method: str,
        path_template: str,
        *,
        status: int | None = None,
        code: str | None = None,
        is_timeout: bool = False,
        outcome_unknown: bool = False,
        circuit_open: bool = False,
    ) -> None:
        super().__init__(method, path_template, status=status, code=code, outcome_unknown=outcome_unknown)
        self.is_timeout = is_timeout
        self.circuit_open = circuit_open


class UnexpectedResponse(ProviderError):
    """A response of the wrong shape, of any status; `reason` is a fixed code of the portal."""

    def __init__(
        self,
        method: str,
        path_template: str,
        *,
        reason: str,
        status: int | None = None,
        code: str | None = None,
        retryable: bool | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(
            method, path_template, status=status, code=code, retryable=retryable, outcome_unknown=outcome_unknown
        )
        self.reason = reason

    def __str__(self) -> str:
        return f"{super().__str__()} [{self.reason}]"


class PhotoError(ProviderError):
    """A photo could not be downloaded; `reason` is a fixed code of the portal."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__("GET", ":photo", status=status)
        self.reason = reason

    def __str__(self) -> str:
        return f"{super().__str__()} [{self.reason}]"


class PhotoRefused(PhotoError):
    """The URL or its response breaks one of our rules; a retry does not help."""


class PhotoTooLarge(PhotoRefused):
    """The photo is larger than the byte cap."""


class PhotoExpired(PhotoError):
    """The URL has expired; list the photos again for a fresh one."""


class PhotoUnavailable(PhotoError):
    """No response, a slow or incomplete one, or a temporary status; the same URL may work later."""

    retryable_by_default = True
