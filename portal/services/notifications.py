"""Notifications: creating the e-mails that have to be sent, and sending them; the texts are in portal/presentation.

A notification is a row and a job, added in the transaction of the change that causes it. It is marked as sent after the
mail server has accepted the message. A worker killed between the two sends the message again with the same Message-ID;
no order of events loses a notification.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from portal.db import transaction
from portal.domain import job_types
from portal.domain.errors import RetryLater
from portal.domain.roles import Role
from portal.domain.stages import ONBOARDING, Problem
from portal.failpoints import failpoint
from portal.mail import EmailMessage, MailDeferred, MailRefused
from portal.models import audit, campaign_teams, campaigns, notifications, people, queue, roster, shoots
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services import campaign_mails
from portal.services.app_context import AppContext
from portal.services.due_notifications import CampaignDetails, DueNotification, NotificationKind

log = logging.getLogger(__name__)

# The time for which mail servers usually retry a mailbox.
GIVE_UP_AFTER = timedelta(days=5)
SESSION_PENDING_DELAY = timedelta(seconds=30)


def notify_photos_ready(shoot: Shoot, *, now: datetime) -> None:
    """Notify the person, in the caller's transaction; a shoot that was restarted has photos to announce again."""
    if shoot.copied_at is not None:
        _notify_person(NotificationKind.READY, shoot, _run_key(shoot.copied_at), now)


def notify_link_lost(shoot: Shoot, context: AppContext, *, cause: str) -> None:
    """Notify the person and the operators, in the caller's transaction, that a studio link cannot be used."""
    _notify_person(NotificationKind.LINK_PROBLEM, shoot, cause, context.clock())
    _notify_operators(NotificationKind.LINK_LOST, f"{shoot.id}:{cause}", context, shoot=shoot)


def notify_link_reported(shoot: Shoot, report_id: UUID, context: AppContext) -> None:
    """Notify the operators, in the caller's transaction, that a person reported their studio link."""
    _notify_operators(NotificationKind.LINK_REPORTED, f"{shoot.id}:{report_id}", context, shoot=shoot)


def notify_start_refused(shoot: Shoot, report_id: UUID, context: AppContext) -> None:
    """Notify the operators, in the caller's transaction, that the provider refused to create a session."""
    _notify_operators(NotificationKind.START_REFUSED, f"{shoot.id}:{report_id}", context, shoot=shoot)


def notify_link_resolved(shoot: Shoot, report_id: UUID, *, now: datetime) -> None:
    """Notify the person, in the caller's transaction, that the report about their link was handled."""
    _notify_person(NotificationKind.LINK_RESOLVED, shoot, str(report_id), now)


def notify_credits_back(shoot: Shoot, *, now: datetime) -> None:
    """Notify a person who had to wait for a credit, in the caller's transaction, that there are credits again."""
    _notify_person(NotificationKind.CREDITS_BACK, shoot, f"attempt:{shoot.attempts}", now)


def notify_credits_used_up(context: AppContext) -> None:
    """Notify the operators in the caller's transaction, once on each day (UTC)."""
    _notify_operators(NotificationKind.OUT_OF_CREDITS, context.clock().date().isoformat(), context)


def notify_credits_low(low_since: datetime, context: AppContext) -> None:
    """Notify the operators in the caller's transaction, once for each time the balance falls below the threshold."""
    _notify_operators(NotificationKind.LOW_CREDITS, low_since.astimezone(UTC).isoformat(), context)


def notify_sessions_stuck(context: AppContext) -> bool:
    """Notify the operators in the caller's transaction, at most once an hour.

    Returns:
        Whether an e-mail will be sent; False also when there is no recipient or no mail server.
    """
    hour = f"{context.clock().astimezone(UTC):%Y-%m-%dT%H}"
    is_created = _notify_operators(NotificationKind.STUCK, hour, context)
    return is_created and context.mailer is not None


def _notify_person(kind: NotificationKind, shoot: Shoot, occasion: str, now: datetime) -> None:
    person = people.find_person(shoot.person_id)
    if person is not None and person.deactivated_at is None:
        _create(kind, f"{shoot.id}:{occasion}", now, person=person, shoot=shoot)


def _notify_operators(
    kind: NotificationKind, occasion: str, context: AppContext, *, shoot: Shoot | None = None
) -> bool:
    now = context.clock()
    if context.settings.support_email is not None:
        return _create(kind, occasion, now, shoot=shoot)
    created = [
        _create(kind, occasion, now, person=admin, shoot=shoot) for admin in people.list_active_with_role(Role.ADMIN)
    ]
    return any(created)


def _create(
    kind: NotificationKind, occasion: str, now: datetime, *, person: Person | None = None, shoot: Shoot | None = None
) -> bool:
    """Create one notification and its job; return False if it exists already."""
    notification_id = notifications.create_notification(
        kind, occasion, person_id=person.id if person else None, shoot_id=shoot.id if shoot else None, now=now
    )
    if notification_id is not None:
        _enqueue(notification_id)
    return notification_id is not None


def _enqueue(notification_id: UUID) -> None:
    queue.enqueue_job(job_types.SEND_NOTIFICATION, notice_id=str(notification_id))


def requeue_stale(*, before: datetime) -> None:
    """Enqueue every notification created before this time that is not sent yet; one with a waiting job is skipped."""
    with transaction():
        for notification_id in notifications.list_pending(before):
            _enqueue(notification_id)


def send_notification(
    notification_id: UUID, context: AppContext, *, render: Callable[[DueNotification], EmailMessage]
) -> None:
    """Send one notification unless it was sent or no longer applies; drop it when no mail server is configured.

    Args:
        notification_id: the notification to send.
        context: mail server, support address and clock.
        render: builds the e-mail.

    Raises:
        MailUnavailable: the mail server cannot be reached; the notification stays pending.
        RetryLater: the session it announces is being created at this moment.
    """
    due = _prepare(notification_id, context)
    if due is None:
        return
    if context.mailer is None:
        drop_notification(notification_id, reason="mail_switched_off", now=context.clock())
        return
    try:
        context.mailer.send(render(due))
    except MailRefused as error:
        drop_notification(notification_id, reason=f"refused:{error.cause}", now=context.clock(), bounce=error.cause)
        return
    except MailDeferred as error:
        if not _is_expired(notification_id, context.clock()):
            raise
        drop_notification(notification_id, reason=f"deferred:{error.cause}", now=context.clock())
        return
    failpoint("mail.after_send")
    with transaction():
        notification = notifications.lock_notification(notification_id)
        if notification is not None:
            now = notification.sent_at = context.clock()
            campaign_mails.record_sent(notification, now)
            audit.create_entry("mail.sent", at=now, subject_id=notification.person_id, kind=notification.kind)


def drop_notification(notification_id: UUID, *, reason: str, now: datetime, bounce: str | None = None) -> None:
    """Give up on a notification and store the reason; ``bounce`` is the mail server's reply to the address."""
    with transaction():
        notification = notifications.lock_notification(notification_id)
        if notification is not None:
            _drop(notification, reason, now)
            if bounce is not None:
                campaign_mails.record_refused(notification, bounce, now)


def _drop(notification: Notification, reason: str, now: datetime) -> None:
    if notification.sent_at is not None or notification.dropped_at is not None:
        return
    notification.dropped_at = now
    notification.reason = reason
    subject_id, kind = notification.person_id, notification.kind
    audit.create_entry("mail.dropped", at=now, subject_id=subject_id, result="dropped", kind=kind, reason=reason)
    log.warning("mail.dropped", extra={"notification": str(notification.id), "kind": kind, "reason": reason})


def _prepare(notification_id: UUID, context: AppContext) -> DueNotification | None:
    """Read what is to be sent; no connection is held while the mail server is contacted."""
    with transaction():
        notification = notifications.lock_notification(notification_id)
        if notification is None or notification.sent_at is not None or notification.dropped_at is not None:
            return None
        if notification.roster_entry_id is not None:
            return _find_entry(notification, notification.roster_entry_id, context)
        return _find_recipient(notification, context.settings.support_email, context.clock())


def _find_entry(notification: Notification, entry_id: UUID, context: AppContext) -> DueNotification | None:
    """Return a campaign's mail with its recipient; drop it and return None if it no longer applies."""
    entry = roster.find_entry(entry_id)
    if entry is None:
        return None
    try:
        reason = campaign_mails.check_sendable(notification, entry, context)
    except campaign_mails.CampaignPaused:
        return None
    if reason is not None:
        _drop(notification, reason, context.clock())
        return None
    person = people.find_person(entry.person_id) if entry.person_id else None
    found = campaigns.find_campaign(UUID(notification.occasion.partition(":")[0]))
    details = CampaignDetails(
        message=found.message if found else "",
        due_on=entry.due_on or (found.due_on if found else None),
        is_signed_in=person is not None,
        entry_id=entry_id,
    )
    kind = NotificationKind(notification.kind)
    to, name = (person.email, person.name) if person else (entry.address, entry.name)
    locale = person.locale if person else context.settings.mail_locale
    return DueNotification(notification.id, kind, to, name, locale, None, details)


def _find_recipient(notification: Notification, support: str | None, now: datetime) -> DueNotification | None:
    """Return the notification with its recipient; drop it and return None if it has none or no longer applies."""
    kind = NotificationKind(notification.kind)
    shoot = shoots.find_by_id(notification.shoot_id) if notification.shoot_id else None
    if shoot is not None and not _is_applicable(kind, notification, shoot, now):
        _drop(notification, "no_longer_true", now)
        return None
    session = shoot.provider_id if shoot else None
    if notification.person_id is None:
        if support is None:
            _drop(notification, "no_support_address", now)
            return None
        return DueNotification(notification.id, kind, support, "", None, session)
    person = people.find_person(notification.person_id)
    if person is None or person.deactivated_at is not None:
        _drop(notification, "person_deactivated", now)
        return None
    if kind is NotificationKind.INVITATION_TEST:
        found = campaigns.find_campaign(UUID(notification.occasion.partition(":")[0]))
        details = CampaignDetails(found.message, found.due_on, is_signed_in=False, entry_id=None) if found else None
        return DueNotification(notification.id, kind, person.email, person.name, person.locale, None, details)
    teams = tuple(campaign_teams.count_teams(person.manages)) if kind is NotificationKind.DIGEST else ()
    return DueNotification(notification.id, kind, person.email, person.name, person.locale, session, teams=teams)


def _is_applicable(kind: NotificationKind, notification: Notification, shoot: Shoot, now: datetime) -> bool:
    """Return whether a notification that may have waited for days still describes the shoot."""
    if shoot.closed_at is not None:
        return False
    if kind is NotificationKind.READY:
        return shoot.copied_at is not None and notification.occasion == f"{shoot.id}:{_run_key(shoot.copied_at)}"
    if kind in {NotificationKind.LINK_PROBLEM, NotificationKind.LINK_LOST}:
        has_no_link = shoot.provider_status == ONBOARDING and shoot.signed_url is None
        return has_no_link or shoot.problem == Problem.LINK_LOST
    if kind is NotificationKind.START_REFUSED:
        return shoot.problem == Problem.REFUSED
    if _is_pending(shoot) and kind in {NotificationKind.CREDITS_BACK, NotificationKind.LINK_RESOLVED}:
        raise RetryLater(now + SESSION_PENDING_DELAY)
    if kind in {NotificationKind.LINK_REPORTED, NotificationKind.LINK_RESOLVED}:
        return shoot.provider_status == ONBOARDING and shoot.signed_url is not None
    return shoot.problem is None


def _is_pending(shoot: Shoot) -> bool:
    return shoot.provider_id is None and shoot.problem is None


def _run_key(copied_at: datetime) -> str:
    """Return a key of one run of a shoot, independent of the database session's time zone."""
    return copied_at.astimezone(UTC).isoformat()


def _is_expired(notification_id: UUID, now: datetime) -> bool:
    with transaction():
        notification = notifications.lock_notification(notification_id)
        return notification is None or now - notification.created_at > GIVE_UP_AFTER
