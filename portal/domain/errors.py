"""Errors that reach people, as types; ``portal/web/errors.py`` renders their messages and next steps."""

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
    """Parent of the errors that a person may see.

    Attributes:
        status: the HTTP status of the response.
        reason: a short constant for logs and the audit trail; never holds anything private.
    """

    status = 400
    reason = "refused"


class NotFound(PortalError):
    """The object does not exist or belongs to another person; responses do not distinguish the two."""

    status = 404
    reason = "not_found"


class NotAllowed(PortalError):
    """The person is signed in but does not have the right."""

    status = 403
    reason = "not_allowed"


class Unconfirmed(PortalError):
    """The person has the right, but the identity provider has not confirmed it for too long."""

    status = 403
    reason = "unconfirmed"


class NotOnOwnAccount(PortalError):
    """An action that people cannot apply to their own account, so that another admin can undo it."""

    status = 409
    reason = "not_yourself"


class RelinkConflict(PortalError):
    """Two accounts cannot be linked because both have photos or a session."""

    status = 409
    reason = "relink_conflict"


class ChangedMeanwhile(PortalError):
    """Another request changed the thing first, so that this one would undo what its sender has not seen."""

    status = 409
    reason = "changed_meanwhile"


class LinkClosed(PortalError):
    """A campaign's open link has expired, is used up, or is not for this person."""

    status = 410
    reason = "link_closed"


class ConsentMissing(PortalError):
    """The person has not agreed to the consent policy, and nothing is sent to the provider before."""

    status = 409
    reason = "consent_missing"


class PolicyChanged(PortalError):
    """The consent text that the person saw is not the one that counts any more."""

    status = 409
    reason = "policy_changed"


class NotReady(PortalError):
    """The page belongs to a step that the person has not reached yet."""

    status = 409
    reason = "not_ready"


class BadInput(PortalError):
    """A form or a parameter contains an invalid value."""

    status = 400
    reason = "bad_input"


class ReasonMissing(BadInput):
    """Pictures of several people are only handed out for a stated reason."""

    reason = "reason_missing"


class TooMany(PortalError):
    """A client exceeded a rate limit.

    Attributes:
        retry_after: seconds until the next request is accepted.
    """

    status = 429
    reason = "too_many"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(self.reason)


class Unavailable(PortalError):
    """A component that the portal needs does not respond at the moment."""

    status = 503
    reason = "unavailable"


class SignInRefused(PortalError):
    """A sign-in that failed verification, or whose person may not use this portal.

    Attributes:
        reason: constant for the audit trail, such as ``nonce_mismatch`` or ``domain_not_allowed``.
        person_id: the verified person, if they are refused for another reason.
        provider_error: the OAuth error code that the identity provider sent, None without one.
        provider_status: the HTTP status of its response, None without one.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int = 400,
        person_id: UUID | None = None,
        provider_error: str | None = None,
        provider_status: int | None = None,
    ) -> None:
        self.reason = reason
        self.status = status
        self.person_id = person_id
        self.provider_error = provider_error
        self.provider_status = provider_status
        super().__init__(reason)


class SignInUnavailable(Unavailable):
    """The identity provider does not respond, or responds with a server error.

    Attributes:
        provider_error: the OAuth error code that it sent, None without one.
        provider_status: the HTTP status of its response, None without one.
    """

    reason = "identity_provider_unavailable"

    def __init__(self, *, provider_error: str | None = None, provider_status: int | None = None) -> None:
        self.provider_error = provider_error
        self.provider_status = provider_status
        super().__init__(self.reason)
