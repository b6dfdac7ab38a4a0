"""The retention table for people: what is kept, where and until when, in the language in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.domain import retention
from portal.domain.retention import RetentionRule
from portal.domain.retention_periods import RetentionPeriods

_DAYS_A_YEAR = 365
_NAMES = {
    "studio-uploads": _l("Uploads at the studio"),
    "unchosen": _l("Headshots that weren’t chosen"),
    "leavers": _l("People who left, whose pictures go"),
    "own-photos": _l("Own photos that aren’t in use"),
    "removed-files": _l("Pictures taken off every page, whose files go"),
    "superseded-kits": _l("Files of earlier choices and crops"),
    "inactive": _l("Accounts that weren’t used"),
    "sessions": _l("Sign-ins that ended"),
    "sign-in-attempts": _l("Sign-ins that weren’t finished"),
    "logout-orders": _l("Digests of logout tokens"),
    "webhook-bodies": _l("Bodies of webhooks"),
    "webhooks": _l("Webhooks without their bodies"),
    "mails": _l("Records of emails"),
    "downloads": _l("ZIP files people had made"),
    "exports": _l("ZIP files of exports"),
    "export-records": _l("Records of exports"),
    "imports": _l("Imported lists"),
    "no-sign-in": _l("People on the roster who never signed in"),
    "audit": _l("Entries of the audit trail"),
    "receipts": _l("Receipts of erasures"),
    "provider-calls": _l("Calls to the studio’s API"),
    "webhook-rejections": _l("Counts of refused webhooks"),
    "credit-readings": _l("Balances of credits"),
    "provider-records": _l("Lists of the studio’s account"),
    "jobs": _l("Finished background jobs"),
    "rate-limits": _l("Rate limits that aren’t in use"),
}


@dataclass(frozen=True)
class RetentionTerm:
    """One row of the retention table: what is kept, where, until when."""

    what: str
    where: str
    until: str


def get_name(key: str) -> str:
    """Return the name of what a rule deletes, else its key."""
    return str(_NAMES.get(key, key))


def format_period(period: timedelta) -> str:
    """Return a period in whole years, days or hours, such as "3 years"."""
    if period.days and period.days % _DAYS_A_YEAR == 0:
        years = period.days // _DAYS_A_YEAR
        return str(ngettext("%(num)s year", "%(num)s years", years))
    if period.days:
        return str(ngettext("%(num)s day", "%(num)s days", period.days))
    if period < timedelta(hours=1):
        return str(ngettext("%(num)s minute", "%(num)s minutes", period // timedelta(minutes=1)))
    return str(ngettext("%(num)s hour", "%(num)s hours", period // timedelta(hours=1)))


def list_retention_terms(*, studio: str, periods: RetentionPeriods, session_hours: int) -> list[RetentionTerm]:
    """List how long each kind of data about people is kept, as the privacy page shows it.

    Args:
        studio: name of the processor that runs the photo studio.
        periods: the periods in force.
        session_hours: the longest time a sign-in lasts.
    """
    return [
        *_list_session_terms(studio, periods),
        *_list_photo_terms(periods),
        *_list_account_terms(periods, session_hours),
        *_list_record_terms(periods),
    ]


def _list_session_terms(studio: str, periods: RetentionPeriods) -> list[RetentionTerm]:
    portal = _("This portal")
    uploads, unchosen = periods[retention.STUDIO_UPLOADS], periods[retention.UNCHOSEN_PHOTOS]
    return [
        RetentionTerm(
            _("Photos you take or upload"),
            studio,
            _("%(period)s after your headshots are ready", period=format_period(uploads)),
        ),
        RetentionTerm(
            _("Measurements of your face"), studio, _("While your headshots are made. They never reach this portal.")
        ),
        RetentionTerm(
            _("Where your face is in each picture, as one square"),
            portal,
            _("As long as the picture. Nothing else about your face is stored here."),
        ),
        RetentionTerm(
            _("Headshots you don’t choose"),
            portal,
            _("%(period)s after they’re made", period=format_period(unchosen)),
        ),
    ]


def _list_photo_terms(periods: RetentionPeriods) -> list[RetentionTerm]:
    def after(rule: RetentionRule) -> str:
        return format_period(periods[rule])

    portal = _("This portal")
    return [
        RetentionTerm(
            _("The headshot you choose"),
            portal,
            _(
                "While it’s in use, or until you delete it. %(period)s after you leave the company.",
                period=after(retention.LEAVERS_PHOTOS),
            ),
        ),
        RetentionTerm(
            _("Your own photos you don’t choose"),
            portal,
            _("%(period)s after the upload or your last choice", period=after(retention.OWN_PHOTOS)),
        ),
        RetentionTerm(
            _("ZIP files made for you"), portal, _("%(period)s after you ask", period=after(retention.DOWNLOADS))
        ),
        RetentionTerm(
            _("ZIP files of chosen headshots made for the company"),
            portal,
            _("%(period)s after an admin asks", period=after(retention.EXPORTS)),
        ),
    ]


def _list_account_terms(periods: RetentionPeriods, session_hours: int) -> list[RetentionTerm]:
    portal = _("This portal")
    return [
        RetentionTerm(
            _("Your name, work email and groups, what you agreed to, and everything else about you"),
            portal,
            _(
                "Until you delete everything, at most %(period)s after your last sign-in",
                period=format_period(periods[retention.INACTIVE_PEOPLE]),
            ),
        ),
        RetentionTerm(
            _("Your sign-ins, with time and browser"),
            portal,
            ngettext(
                "Until you sign out, at most %(num)s hour", "Until you sign out, at most %(num)s hours", session_hours
            ),
        ),
        RetentionTerm(
            _("Your place on the company’s list of participants, if you never sign in"),
            portal,
            _("%(period)s after the last list or email", period=format_period(periods[retention.NO_SIGN_IN])),
        ),
        RetentionTerm(
            _("Lists the company uploads"),
            portal,
            _("%(period)s after the upload", period=format_period(periods[retention.IMPORTED_LINES])),
        ),
    ]


def _list_record_terms(periods: RetentionPeriods) -> list[RetentionTerm]:
    portal = _("This portal")
    return [
        RetentionTerm(
            _("Messages from the studio about your session"),
            portal,
            _(
                "%(period)s, and without your name %(longer)s",
                period=format_period(periods[retention.WEBHOOK_BODIES]),
                longer=format_period(periods[retention.DELIVERIES]),
            ),
        ),
        RetentionTerm(
            _("Which emails we sent you, without their text"), portal, format_period(periods[retention.MAILS])
        ),
        RetentionTerm(
            _("A log of what was done, without names"), portal, format_period(periods[retention.AUDIT_TRAIL])
        ),
        RetentionTerm(
            _("The receipt of a deletion with proof of what you had agreed to, without your name"),
            portal,
            _("%(period)s after the deletion", period=format_period(periods[retention.ERASURE_RECEIPTS])),
        ),
    ]
