"""The retention table: a rule for each kind of data, with the period after which it is deleted.

Consent text, privacy page, "My data", ``docs/privacy/retention.md``, the jobs and ``fsck`` read the periods here and
nowhere else. The operator changes them within the limits of each rule with ``RETENTION_DAYS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from portal.domain.data_classes import Retention

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """When one kind of data is deleted.

    Attributes:
        key: its name in ``RETENTION_DAYS``, in audit entries and in ``fsck``.
        data_class: the kind of data it deletes, as its columns are classified; a kind may have several rules.
        what: the data, for the documentation.
        start: the event that starts it, for the documentation, with the column that holds its time.
        default: the period; zero ends with the start itself.
        limits: the shortest and the longest period that an operator can set; None for a fixed period.
        by: what deletes the data.
    """

    key: str
    data_class: Retention
    what: str
    start: str
    default: timedelta
    limits: tuple[timedelta, timedelta] | None = None
    by: str = "nightly job"

    @property
    def shortest(self) -> timedelta:
        """The shortest period that an operator can set."""
        return self.limits[0] if self.limits else self.default


# What people agree to; the consent text names these periods.
STUDIO_UPLOADS = RetentionRule(
    key="studio-uploads",
    data_class=Retention.STUDIO,
    what="photos that a person took or uploaded, at the provider",
    start="the headshots are ready (`shoots.finished_at`)",
    default=30 * _DAY,
    limits=(1 * _DAY, 30 * _DAY),
    by="the provider, by its documents; an erasure deletes them earlier",
)
UNCHOSEN_PHOTOS = RetentionRule(
    key="unchosen",
    data_class=Retention.PHOTOS,
    what="headshots that are not the chosen one",
    start="all photos of the session were copied (`shoots.copied_at`)",
    default=90 * _DAY,
    limits=(7 * _DAY, 365 * _DAY),
)
LEAVERS_PHOTOS = RetentionRule(
    key="leavers",
    data_class=Retention.PHOTOS,
    what="all pictures of a person who left, the chosen one included, here and at the provider",
    start="the person was marked as left or deactivated (`roster_entries.left_at`, `people.deactivated_at`)",
    default=30 * _DAY,
    limits=(1 * _DAY, 365 * _DAY),
    by="nightly job, through an erasure of the pictures",
)
OWN_PHOTOS = RetentionRule(
    key="own-photos",
    data_class=Retention.PHOTOS,
    what="own photos that are not the chosen one",
    start="the upload, or the last choice if it is later (`photos.created_at`, `choices.acted_at`)",
    default=365 * _DAY,
    limits=(30 * _DAY, 1095 * _DAY),
)
# An open page may still load a photo that was just removed from the gallery.
REMOVED_FILES = RetentionRule(
    key="removed-files",
    data_class=Retention.PHOTOS,
    what="files of photos that were removed from every page",
    start="the removal (`photos.removed_at`)",
    default=_DAY,
)
SUPERSEDED_KITS = RetentionRule(
    key="superseded-kits",
    data_class=Retention.KIT,
    what="files made from an earlier choice or crop",
    start="the choice or the crop changed (`kits.superseded_at`)",
    default=timedelta(0),
    by="job `kits.delete_superseded`, nightly job",
)
# The longest period is also that of the Illinois Biometric Information Privacy Act: 3 years after the last interaction.
INACTIVE_PEOPLE = RetentionRule(
    key="inactive",
    data_class=Retention.ACCOUNT,
    what="everything about a person who does not come back: account, consents, pictures, mails",
    start="the last sign-in (`people.signed_in_at`)",
    default=1095 * _DAY,
    limits=(180 * _DAY, 1095 * _DAY),
    by="nightly job, through an erasure of everything",
)
SESSIONS = RetentionRule(
    key="sessions",
    data_class=Retention.SIGN_IN,
    what="sign-ins, with browser and time",
    start="their end: sign-out, `SESSION_IDLE_MINUTES` or `SESSION_MAX_HOURS` (`sessions.expires_at`)",
    default=timedelta(0),
    by="each sign-in, nightly job",
)
SIGN_IN_ATTEMPTS = RetentionRule(
    key="sign-in-attempts",
    data_class=Retention.SIGN_IN,
    what="sign-ins that were begun and not finished",
    start="their beginning (`sign_in_attempts.created_at`)",
    default=timedelta(minutes=10),
    by="each sign-in, nightly job",
)
# A logout token is refused as too old long before its digest is deleted.
LOGOUT_ORDERS = RetentionRule(
    key="logout-orders",
    data_class=Retention.SIGN_IN,
    what="digests of logout tokens, so that none counts twice",
    start="their arrival (`logout_orders.seen_at`)",
    default=timedelta(hours=1),
    by="each sign-in, nightly job",
)
# Raw webhook bodies contain names and e-mail addresses.
WEBHOOK_BODIES = RetentionRule(
    key="webhook-bodies",
    data_class=Retention.WEBHOOK_BODY,
    what="bodies of webhooks, as received",
    start="their arrival (`deliveries.received_at`); an erasure deletes them at once",
    default=30 * _DAY,
    limits=(1 * _DAY, 90 * _DAY),
)
# An event that is sent again later than this is too old to be trusted and only causes the session to be read again.
DELIVERIES = RetentionRule(
    key="webhooks",
    data_class=Retention.DELIVERY,
    what="webhooks without their bodies: kind, time, result",
    start="their arrival (`deliveries.received_at`)",
    default=90 * _DAY,
    limits=(7 * _DAY, 365 * _DAY),
)
# Not shorter than the rows prevent a second mail about the same event.
MAILS = RetentionRule(
    key="mails",
    data_class=Retention.MAIL,
    what="which mails were owed, sent or given up; no text and no address",
    start="they were sent or given up (`notices.sent_at`, `notices.dropped_at`)",
    default=365 * _DAY,
    limits=(90 * _DAY, 1095 * _DAY),
)
DOWNLOADS = RetentionRule(
    key="downloads",
    data_class=Retention.ARCHIVE,
    what="ZIP files that a person had made for themselves",
    start="the request (`archives.created_at`)",
    default=1 * _DAY,
    limits=(1 * _DAY, 7 * _DAY),
)
EXPORTS = RetentionRule(
    key="exports",
    data_class=Retention.ARCHIVE,
    what="ZIP files of chosen headshots that an admin had made",
    start="the request (`exports.created_at`)",
    default=1 * _DAY,
    limits=(1 * _DAY, 7 * _DAY),
)
EXPORT_RECORDS = RetentionRule(
    key="export-records",
    data_class=Retention.ARCHIVE,
    what="which export was made by whom, without its file",
    start="the request (`exports.created_at`)",
    default=30 * _DAY,
    limits=(7 * _DAY, 365 * _DAY),
)
# Lines of imported lists; their counts stay.
IMPORTED_LINES = RetentionRule(
    key="imports",
    data_class=Retention.IMPORT,
    what="imported lists, their lines and the names of their files",
    start="the import was created (`roster_imports.created_at`)",
    default=7 * _DAY,
    limits=(1 * _DAY, 30 * _DAY),
)
NO_SIGN_IN = RetentionRule(
    key="no-sign-in",
    data_class=Retention.ROSTER,
    what="people on the roster who never signed in",
    start="the last import, change or mail about them (`roster_entries.listed_at`, `changed_at`, `invited_at`, "
    "`reminded_at`)",
    default=180 * _DAY,
    limits=(30 * _DAY, 730 * _DAY),
)
AUDIT_TRAIL = RetentionRule(
    key="audit",
    data_class=Retention.AUDIT,
    what="the oldest part of the audit trail, without names",
    start="the entry is received (`audit_links.received_at`)",
    default=1095 * _DAY,
    limits=(365 * _DAY, 3650 * _DAY),
)
ERASURE_RECEIPTS = RetentionRule(
    key="receipts",
    data_class=Retention.PROOF,
    what="receipts of erasures with the proof of what had been agreed to, and tombstones; no name, no address",
    start="the erasure was finished (`erasures.finished_at`)",
    default=1095 * _DAY,
    limits=(365 * _DAY, 3650 * _DAY),
)
# Calls to the provider, for the usage page.
PROVIDER_CALLS = RetentionRule(
    key="provider-calls",
    data_class=Retention.OPERATION,
    what="calls to the provider, without ids, and their totals by day",
    start="the call (`provider_calls.at`); for the totals the end of their day (`provider_call_totals.day`)",
    default=30 * _DAY,
    limits=(1 * _DAY, 90 * _DAY),
)
WEBHOOK_REJECTIONS = RetentionRule(
    key="webhook-rejections",
    data_class=Retention.OPERATION,
    what="counts of refused webhooks",
    start="the hour they count (`webhook_rejections.hour`)",
    default=7 * _DAY,
    limits=(1 * _DAY, 30 * _DAY),
)
# Balances of credits, for the curve and the forecast.
CREDIT_READINGS = RetentionRule(
    key="credit-readings",
    data_class=Retention.OPERATION,
    what="balances of credits",
    start="the reading (`credit_readings.at`)",
    default=180 * _DAY,
    limits=(30 * _DAY, 730 * _DAY),
)
PROVIDER_RECORDS = RetentionRule(
    key="provider-records",
    data_class=Retention.OPERATION,
    what="lists of the provider's account that could not be read again",
    start="the last reading (`provider_account.read_at`)",
    default=7 * _DAY,
    limits=(1 * _DAY, 30 * _DAY),
)
FINISHED_JOBS = RetentionRule(
    key="jobs",
    data_class=Retention.OPERATION,
    what="finished background jobs, with random ids",
    start="their end (the queue's tables)",
    default=7 * _DAY,
    limits=(1 * _DAY, 30 * _DAY),
)
# A rate limit's bucket is full again after a minute.
UNUSED_RATE_LIMITS = RetentionRule(
    key="rate-limits",
    data_class=Retention.OPERATION,
    what="rate limits by person or address digest",
    start="the last request (`rate_limits.filled_at`)",
    default=timedelta(hours=1),
)

RETENTION_RULES: tuple[RetentionRule, ...] = (
    STUDIO_UPLOADS,
    UNCHOSEN_PHOTOS,
    LEAVERS_PHOTOS,
    OWN_PHOTOS,
    REMOVED_FILES,
    SUPERSEDED_KITS,
    INACTIVE_PEOPLE,
    SESSIONS,
    SIGN_IN_ATTEMPTS,
    LOGOUT_ORDERS,
    WEBHOOK_BODIES,
    DELIVERIES,
    MAILS,
    DOWNLOADS,
    EXPORTS,
    EXPORT_RECORDS,
    IMPORTED_LINES,
    NO_SIGN_IN,
    AUDIT_TRAIL,
    ERASURE_RECEIPTS,
    PROVIDER_CALLS,
    WEBHOOK_REJECTIONS,
    CREDIT_READINGS,
    PROVIDER_RECORDS,
    FINISHED_JOBS,
    UNUSED_RATE_LIMITS,
)
"""Every rule, in the order of the documentation."""
