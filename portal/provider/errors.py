"""What can go wrong at the provider, as types with attributes; no URL, body, e-mail or key may be in them."""

import re
from datetime import datetime
from typing import ClassVar

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


class ProviderError(Exception):
    """The provider refused, failed or made no sense.

    `status` is the HTTP status (None when there was no answer), `code` the provider's constant (None when it
    sent none that looks like one), `retryable` whether the same call may succeed later without anyone doing
    anything, `answer_lost` whether a write may have taken effect although no usable answer came back: look
    before doing it again. `path_template` holds placeholders, never ids.
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
        answer_lost: bool = False,
    ) -> None:
        self.method = method
        self.path_template = path_template
        self.status = status
        self.code = code if code is not None and _CODE.fullmatch(code) else None
        self.retryable = self.retryable_by_default if retryable is None else retryable
        self.answer_lost = answer_lost
        super().__init__()

    def __str__(self) -> str:
        told = " ".join(str(part) for part in (self.status, self.code) if part is not None)
        return f"{type(self).__name__}: {self.method} {self.path_template}" + (f" ({told})" if told else "")

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
    """The provider does not know the thing, or it belongs to another organisation."""


class OutOfCredits(ProviderError):
    """The organisation has no credits left; retrying helps only after somebody bought some."""


class InviteLimit(ProviderError):
    """Too many pending invites; waiting does not help, revoking or completing does."""


class RateLimited(ProviderError):
    """Too many calls. `resets_at` says when to come again; `own_budget` that our own budget said no."""

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
    """No answer, or a 5xx. `is_timeout` tells slow from down; `held_back` that nothing was sent at all."""

    retryable_by_default = True

    def __init__(
        self,
        method: str,
        path_template: str,
        *,
        status: int | None = None,
        code: str | None = None,
        is_timeout: bool = False,
        answer_lost: bool = False,
        held_back: bool = False,
    ) -> None:
        super().__init__(method, path_template, status=status, code=code, answer_lost=answer_lost)
        self.is_timeout = is_timeout
        self.circuit_open = held_back


class UnexpectedAnswer(ProviderError):
    """An answer of the wrong shape, of any status; `reason` is a fixed word of ours."""

    def __init__(
        self,
        method: str,
        path_template: str,
        *,
        reason: str,
        status: int | None = None,
        code: str | None = None,
        retryable: bool | None = None,
        answer_lost: bool = False,
    ) -> None:
        super().__init__(method, path_template, status=status, code=code, retryable=retryable, answer_lost=answer_lost)
        self.reason = reason

    def __str__(self) -> str:
        return f"{super().__str__()} [{self.reason}]"


class PhotoError(ProviderError):
    """A photo could not be downloaded; `reason` is a fixed word of ours."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__("GET", ":photo", status=status)
        self.reason = reason

    def __str__(self) -> str:
        return f"{super().__str__()} [{self.reason}]"


class PhotoRefused(PhotoError):
    """The address or what it answered breaks one of our rules; trying again does not help."""


class PhotoTooLarge(PhotoRefused):
    """The photo is larger than the byte cap."""


class PhotoExpired(PhotoError):
    """The address has died; list the photos again for a fresh one."""


class PhotoUnavailable(PhotoError):
    """No answer, too slow an answer, a broken one, or a 5xx; the same address may work later."""

    retryable_by_default = True
