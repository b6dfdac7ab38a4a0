"""Names of the audit trail's constants for pages; database and exports keep the constants."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models.audit import AuditEntry

ACTIONS = {
    "attempt.granted": _l("Allowed another session"),
    "attempt.requested": _l("Asked for another session"),
    "access": _l("Opened a page they have no access to"),
    "audit.expired": _l("The oldest part of the audit trail expired"),
    "audit.verified": _l("Checked the audit trail"),
    "choice.made": _l("Chose a headshot"),
    "choice.withdrawn": _l("Took the headshot back"),
    "crop.set": _l("Changed the crop"),
    "own_photo.deleted": _l("Deleted an own photo"),
    "own_photo.refused": _l("An own photo was refused"),
    "own_photo.uploaded": _l("Uploaded an own photo"),
    "consent.given": _l("Agreed"),
    "data.export_requested": _l("Asked for a copy of their data"),
    "consent.withdrawn": _l("Withdrew their agreement"),
    "console.viewed": _l("Looked at people’s data"),
    "delivery.replayed": _l("Applied a webhook again"),
    "export.downloaded": _l("Downloaded an export of headshots"),
    "export.requested": _l("Asked for an export of headshots"),
    "headshot.viewed": _l("Looked at a chosen headshot"),
    "leaver.pictures_deleted": _l("Began deleting the pictures of a person who left"),
    "mail.dropped": _l("A mail was given up"),
    "mail.sent": _l("A mail was sent"),
    "note.deleted": _l("Deleted a note"),
    "note.written": _l("Wrote a note"),
    "person.deactivated": _l("Access ended"),
    "person.erased": _l("Everything was erased"),
    "person.erasure_ordered": _l("Erasure was ordered"),
    "person.reactivated": _l("Access given back"),
    "person.relinked": _l("Linked two accounts"),
    "person.role": _l("Role changed"),
    "person.tester": _l("Switched test sessions on or off"),
    "provider.invite_revoked": _l("Revoked an invite of the studio"),
    "provider.invited": _l("Invited a person by the studio’s own mail"),
    "provider.members_moved": _l("Moved members to another team at the studio"),
    "provider.session_probed": _l("Made a test session at the studio and deleted it"),
    "provider.session_deleted": _l("Deleted a session at the studio"),
    "provider.team_changed": _l("Changed a team at the studio"),
    "pictures.erased": _l("Pictures were erased"),
    "photos.copied": _l("Headshots were copied"),
    "photos.deleted": _l("Pictures were deleted after their term"),
    "photos.none": _l("No photo arrived"),
    "photos.retry_requested": _l("Missing headshots were requested again"),
    "reconcile.ordered": _l("Ordered a comparison with the provider"),
    "campaign.changed": _l("Changed a campaign"),
    "campaign.created": _l("Created a campaign"),
    "campaign.ended": _l("Ended a campaign"),
    "campaign.joined": _l("Joined a campaign by its link"),
    "campaign.paused": _l("Paused a campaign"),
    "campaign.person_added": _l("Invited a person to a campaign"),
    "campaign.reminded": _l("Reminded people of a campaign"),
    "campaign.resumed": _l("Resumed a campaign"),
    "campaign.scheduled": _l("Scheduled the start of a campaign"),
    "campaign.start_canceled": _l("Canceled the scheduled start of a campaign"),
    "campaign.started": _l("Invited people to a campaign"),
    "campaign.test_sent": _l("Sent themselves a test of an invitation"),
    "retention.completed": _l("Deleted what had reached the end of its period"),
    "retention.planned": _l("Listed what will be deleted within a week"),
    "roster.address_works": _l("Said that an address works again"),
    "roster.bounced": _l("Marked an address as bounced"),
    "roster.deleted": _l("Deleted a person from the roster"),
    "roster.due_set": _l("Set a due date"),
    "roster.left": _l("Marked a person as left"),
    "roster.muted": _l("Switched campaign emails off"),
    "roster.returned": _l("Took back that a person left"),
    "roster.team_set": _l("Moved a person to another team"),
    "roster.unmuted": _l("Switched campaign emails on"),
    "roster.import_confirmed": _l("Confirmed an import of the roster"),
    "roster.import_created": _l("Checked a list for the roster"),
    "roster.import_discarded": _l("Discarded an import of the roster"),
    "roster.imported": _l("The roster was imported"),
    "session.ended": _l("Ended one sign-in"),
    "sessions.ended": _l("Ended sign-ins"),
    "shoot.adoption_allowed": _l("Allowed the use of an existing session"),
    "shoot.erasure_requested": _l("Had one photo session deleted"),
    "shoot.created": _l("The session was created"),
    "shoot.link_found": _l("The studio link was found"),
    "shoot.link_lost": _l("The studio link was lost"),
    "shoot.link_reported": _l("Said that the link no longer works"),
    "shoot.link_seen_to": _l("Saw to a link that no longer worked"),
    "shoot.not_chosen": _l("No headshot was chosen in time"),
    "shoot.session_recovered": _l("A session that doesn’t exist was replaced"),
    "shoot.not_created": _l("The session wasn’t created"),
    "shoot.opened": _l("Opened the studio"),
    "shoot.reset": _l("Had the session deleted, to start again"),
    "shoot.requested": _l("Asked for a session"),
    "shoot.status": _l("The session’s status changed"),
    "shoot.stuck": _l("Longer than usual in one place"),
    "texts.published": _l("Published a version of the company’s texts"),
    "sign_in": _l("Signed in"),
    "sign_in.confirmed": _l("Confirmed their sign-in"),
    "sign_out": _l("Signed out"),
    "sign_out.ordered": _l("Signed out by the identity provider"),
    "sign_out.return": _l("Came back from signing out"),
}
_RESULTS = {
    "ok": _l("done"),
    "denied": _l("denied"),
    "refused": _l("refused"),
    "dropped": _l("given up"),
    "problem": _l("problem"),
    "broken": _l("broken"),
    "no_credits": _l("no free session"),
}


def get_action_name(constant: str) -> str:
    """Return the name of an action, else its constant."""
    return str(ACTIONS.get(constant, constant))


def get_result_name(constant: str) -> str:
    """Return the name of a result, else its constant."""
    return str(_RESULTS.get(constant, constant))


def get_actor_name(entry: AuditEntry, name: str | None) -> str:
    """Return the name of the actor."""
    if entry.actor_id is not None:
        return name or _erased_name()
    if entry.channel == "worker":
        return str(_("the portal itself"))
    if entry.channel == "command line":
        return str(_("command line"))
    return str(_("no one signed in")) if entry.channel == "web" else "–"


def get_subject_name(entry: AuditEntry, name: str | None) -> str:
    """Return the name of the person concerned."""
    if entry.subject_id is None:
        return "–"
    if entry.subject_id == entry.actor_id:
        return str(_("themselves"))
    return name or _erased_name()


def _erased_name() -> str:
    return str(_("erased person"))
