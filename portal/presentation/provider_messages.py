"""Texts of the provider's lists: statuses with their marks, and why the provider refused an action."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.models.provider_records import ProviderRecord
from portal.provider.errors import (
    AlreadyExists,
    Forbidden,
    InvalidEmail,
    InviteLimit,
    NotFound,
    OutOfCredits,
    ProviderError,
    RateLimited,
    Unauthorized,
    Unavailable,
)

INVITE_VALIDITY = timedelta(days=30)
TITLES = {
    "members": _l("Members"),
    "sessions": _l("Sessions"),
    "invites": _l("Invites"),
    "favorites": _l("Favorites"),
}
# "pending" means three different states at the provider.
_STATUS_NAMES: Mapping[str, Mapping[str, str]] = {
    "member": {
        "accepted": _l("Signed up, not started"),
        "pending": _l("Uploading or being made"),
        "finished": _l("Finished"),
    },
    "model": {
        "onboarding": _l("In the studio"),
        "waiting": _l("Photos received"),
        "pending": _l("Being prepared"),
        "generatingHeadshots": _l("Being made"),
        "active": _l("Headshots ready"),
        "failed": _l("Failed, the studio tries again"),
        "deleted": _l("Deleted"),
    },
    "invite": {
        "pending": _l("Sent, not used"),
        "accepted": _l("Signed up, no photos"),
        "uploading": _l("Uploading"),
        "generating": _l("Being made"),
        "completed": _l("Completed"),
        "revoked": _l("Revoked"),
        "deleted": _l("Deleted"),
    },
}
_MARKS = {
    "accepted": "in",
    "pending": "run",
    "onboarding": "studio",
    "uploading": "studio",
    "waiting": "photos",
    "generating": "making",
    "generatingHeadshots": "making",
    "active": "ready",
    "finished": "ok",
    "completed": "ok",
    "failed": "warn",
    "revoked": "off",
    "deleted": "off",
}


def get_status_name(kind: str, status: str | None) -> str:
    """Return the name of a status; one that is not known stays as the provider writes it."""
    if status is None or status == "unknown":
        return str(_("Not known"))
    return str(_STATUS_NAMES.get(kind, {}).get(status, status))


def get_mark(status: str | None) -> str:
    """Return the status mark of a record."""
    return _MARKS.get(status or "", "dot")


def find_expiry(record: ProviderRecord) -> datetime | None:
    """Return when the link of a pending invite ends; None for other records."""
    if record.kind != "invite" or record.status != "pending" or record.created_at is None:
        return None
    return record.created_at + INVITE_VALIDITY


def describe_error(error: ProviderError, now: datetime) -> str:
    """Return what happened in one sentence, and what to do."""
    if isinstance(error, InviteLimit):
        return str(
            _(
                "All open invites are in use: the studio allows two for each credit. Waiting doesn’t help. "
                "Revoke one, buy credits, or let people finish."
            )
        )
    if isinstance(error, RateLimited):
        seconds = max(1, round((error.resets_at - now).total_seconds())) if error.resets_at else 60
        return str(
            ngettext(
                "Too many calls in this minute, so nothing was changed. Try again in %(num)s second.",
                "Too many calls in this minute, so nothing was changed. Try again in %(num)s seconds.",
                seconds,
            )
        )
    if error.outcome_unknown:
        return str(_("The studio didn’t answer, so it may have happened. Read the account before you retry."))
    if isinstance(error, Unavailable):
        return str(_("The studio can’t be reached. Nothing was changed. Try again in a few minutes."))
    return _describe_refusal(error)


def _describe_refusal(error: ProviderError) -> str:
    reasons: tuple[tuple[type[ProviderError], str], ...] = (
        (AlreadyExists, _("The studio already has an invite or an account for this address.")),
        (InvalidEmail, _("The studio doesn’t accept this address. Check the spelling.")),
        (OutOfCredits, _("The studio has no credits left. Buy some, then try again.")),
        (NotFound, _("The studio doesn’t have this any more. Read the account again.")),
        (Forbidden, _("The API key may not do this. Ask the studio to switch the feature on.")),
        (Unauthorized, _("The studio refused the API key. Check it on the health page.")),
    )
    for kind, text in reasons:
        if isinstance(error, kind):
            return str(text)
    return str(_("The studio refused. It may be used or deleted already. Read the account again."))
