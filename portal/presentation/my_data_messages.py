"""The words of the page "My data": what is kept until when, and what others did with it."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models.audit import AuditEntry
from portal.models.consents import Consent
from portal.models.picture_accesses import AccessKind, PictureAccess
from portal.presentation import audit_messages

# What others did, as the person reads it; other actions keep the audit trail's name.
_ACTS = {
    "console.viewed": _l("Looked at your page"),
    "headshot.viewed": _l("Looked at your headshot"),
    "note.deleted": _l("Deleted a note about you"),
    "note.written": _l("Wrote a note about you"),
    "person.deactivated": _l("Ended your access"),
    "person.reactivated": _l("Gave you access again"),
    "person.relinked": _l("Linked your two accounts"),
    "session.ended": _l("Signed out one of your devices"),
    "sessions.ended": _l("Signed out your devices"),
    "shoot.link_seen_to": _l("Looked into your studio link"),
    "shoot.adoption_allowed": _l("Allowed the use of your existing photo session"),
}


# Ways in which others got at the reader's picture.
_ACCESSES = {
    AccessKind.EXPORTED: _l("Put your headshot into an export"),
    AccessKind.DOWNLOADED: _l("Downloaded an export with your headshot"),
}


def describe_act(entry: AuditEntry | PictureAccess) -> str:
    """Return what another person did with the reader's data."""
    if isinstance(entry, PictureAccess):
        return str(_ACCESSES[AccessKind(entry.kind)])
    text = _ACTS.get(entry.action)
    return str(text) if text is not None else audit_messages.get_action_name(entry.action)


def get_reason(entry: AuditEntry | PictureAccess) -> str:
    """Return why it was done, in the words of who did it; empty where no reason is required."""
    return entry.reason if isinstance(entry, PictureAccess) else ""


def get_actor(name: str | None) -> str:
    """Return the name of who did it, or a constant for an account that was erased."""
    return name or str(_("A person whose account was deleted"))


def list_purposes(consent: Consent) -> list[str]:
    """Return the statements that were ticked, as they were agreed to."""
    marker = "[ ] "
    return [line.removeprefix(marker) for line in consent.text.splitlines() if line.startswith(marker)]
