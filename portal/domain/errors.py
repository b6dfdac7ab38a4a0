"""What can go wrong for a person, as types; the sentence and the next step are rendered in one place."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


class RetryLater(Exception):
    """A job cannot be completed before a certain time; the job runner queues it again for then.

    Attributes:
        at: when to run the job again, UTC.
        max_attempts: after this many attempts the job fails for good; None for no limit.
    """

    def __init__(self, at: datetime, *, max_attempts: int | None = None) -> None:
        self.at = at
        self.max_attempts = max_attempts
        super().__init__()


class PortalError(Exception):
    """The parent of every refusal a person may meet.

    Attributes:
        status: the HTTP status it is answered with.
        reason: a short constant for logs and the audit trail; never holds anything private.
    """

    status = 400
    reason = "refused"


class NotFound(PortalError):
    """There is no such thing, or it belongs to somebody else; the two are never told apart."""

    status = 404
    reason = "not_found"


class NotAllowed(PortalError):
    """The person is known but may not do this."""

    status = 403
    reason = "not_allowed"


class Unconfirmed(PortalError):
    """The person has the right, but the identity provider has not confirmed it for too long."""

    status = 403
    reason = "unconfirmed"


class NotYourself(PortalError):
    """Something that can be done to others only, lest nobody is left who could undo it."""

    status = 409
    reason = "not_yourself"


class ConsentMissing(PortalError):
    """Nothing about a face leaves the portal before its owner has agreed."""

    status = 409
    reason = "consent_missing"


class NotReady(PortalError):
    """The step exists, but the person has not come to it yet."""

    status = 409
    reason = "not_ready"


class BadInput(PortalError):
    """A form or a parameter says something that cannot be."""

    status = 400
    reason = "bad_input"


class TooMany(PortalError):
    """Somebody asks faster than anybody needs to.

    Attributes:
        retry_after: seconds until it is worth trying again.
    """

    status = 429
    reason = "too_many"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(self.reason)


class Unavailable(PortalError):
    """Something the portal needs does not answer at the moment."""

    status = 503
    reason = "unavailable"


class SignInRefused(PortalError):
    """A sign-in did not prove who the person is, or the person may not use this portal.

    Attributes:
        reason: the constant kept in the audit trail, such as ``nonce_mismatch`` or ``domain_not_allowed``.
        person_id: whom the sign-in proved to be, where it is for another reason that they may not come in.
    """

    def __init__(self, reason: str, *, status: int = 400, person_id: UUID | None = None) -> None:
        self.reason = reason
        self.status = status
        self.person_id = person_id
        super().__init__(reason)


class SignInUnavailable(Unavailable):
    """The company's identity provider does not answer, so nobody can prove who they are for now."""

    reason = "identity_provider_unavailable"
