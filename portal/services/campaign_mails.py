"""Mails of campaigns: which are due, to whom, and what follows from the mail server's response."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from portal.db import transaction
from portal.domain import job_types
from portal.domain.errors import RetryLater
from portal.domain.reminder_plan import ReminderPlan
from portal.domain.roles import Role
from portal.failpoints import failpoint
from portal.models import (
    audit,
    campaign_people,
    campaign_teams,
    campaigns,
    choices,
    notifications,
    people,
    queue,
    roster,
)
from portal.models.campaign_people import ReminderRule
from portal.models.campaigns import Campaign
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.services.app_context import AppContext
from portal.services.campaigns import start_scheduled

CHUNK = 200
INVITATION, REMINDER, DIGEST = "invitation", "reminder", "digest"


def run_campaigns(context: AppContext) -> None:
    """Create the mails that are due in all running campaigns. Can be stopped anywhere and run again.

    Mails are created outside of quiet hours alone; a campaign started in them is served by a later run.
    """
    with transaction():
        listed = campaigns.list_campaigns()
        running = [each.id for each in listed if each.state == "running"]
        scheduled = [each.id for each in listed if each.starts_at is not None and each.state == "draft"]
    for campaign_id in scheduled:
        # Their own job does this at the right time; here is done what a lost job left.
        start_scheduled(campaign_id, now=context.clock())
    for campaign_id in running:
        while _create_mails(campaign_id, context):
            failpoint("campaign.after_chunk")


def _create_mails(campaign_id: UUID, context: AppContext) -> bool:
    """Create one chunk of mails of a campaign; return whether there may be more."""
    now, zone = context.clock(), context.settings.time_zone
    with transaction():
        found = campaigns.lock_campaign(campaign_id)
        if found is None or found.state != "running":
            return False
        plan = ReminderPlan.from_json(found.reminders)
        if plan.find_opening(now, zone) is not None:
            return False
        entries = campaign_people.list_to_invite(campaign_id, CHUNK)
        for entry_id in entries:
            _create(INVITATION, entry_id, f"{campaign_id}:{entry_id}", now)
        if entries:
            return True
        entries = campaign_people.list_to_remind(campaign_id, _build_rule(found, plan, now, context), CHUNK)
        today = now.astimezone(zone).date()
        for entry_id in entries:
            _create(REMINDER, entry_id, f"{campaign_id}:{entry_id}:{today}", now)
        return bool(entries)


def _build_rule(found: Campaign, plan: ReminderPlan, now: datetime, context: AppContext) -> ReminderRule:
    zone = context.settings.time_zone
    today = now.astimezone(zone).date()
    midnight = datetime.combine(today, time(), zone)
    interval = timedelta(days=plan.every_days - 1)
    return ReminderRule(
        last_mail_before=midnight - interval if plan.every_days else None,
        last_due_dates=plan.list_due_dates(today),
        midnight=midnight,
        limit=plan.limit,
        due_on=found.due_on,
    )


def create_reminders(selected: Sequence[UUID], *, actor: Person, now: datetime, today: date) -> int:
    """Create a reminder for each of these people of the list who can be reminded, at most one a day.

    Args:
        selected: rows of the list.
        actor: who asked for it.
        now: the present, UTC; ``today`` is its day in the company's time zone.

    Returns:
        How many reminders were created. They are sent outside of quiet hours.
    """
    created = 0
    for start in range(0, len(selected), CHUNK):
        with transaction():
            for entry_id, campaign_id in campaign_people.list_remindable(selected[start : start + CHUNK]):
                created += _create(REMINDER, entry_id, f"{campaign_id}:{entry_id}:{today}", now)
    with transaction():
        audit.create_entry("campaign.reminded", at=now, actor_id=actor.id, count=created)
    return created


def _create(kind: str, entry_id: UUID, occasion: str, now: datetime) -> bool:
    """Create a mail and its job in the caller's transaction; return False if it exists already."""
    notification_id = notifications.create_notification(
        kind, occasion, person_id=None, shoot_id=None, roster_entry_id=entry_id, now=now
    )
    if notification_id is None:
        return False
    queue.enqueue_job(job_types.SEND_NOTIFICATION, notice_id=str(notification_id))
    return True


def check_sendable(notification: Notification, entry: RosterEntry, context: AppContext) -> str | None:
    """Return why a campaign's mail does not apply any more, None if it is to be sent now.

    Raises:
        RetryLater: it is quiet now.
        CampaignPaused: the campaign is paused; resuming it enqueues the mail again.
    """
    found = campaigns.find_campaign(UUID(notification.occasion.partition(":")[0]))
    if found is None or found.state == "ended" or entry.campaign_id != found.id:
        return "campaign_ended"
    if entry.left_at is not None:
        return "person_left"
    if entry.muted_at is not None:
        return "muted"
    if entry.bounced_at is not None:
        return "bounced"
    if entry.person_id is not None and choices.find_current(entry.person_id) is not None:
        return "no_longer_true"
    if found.state == "paused":
        raise CampaignPaused
    opening = ReminderPlan.from_json(found.reminders).find_opening(context.clock(), context.settings.time_zone)
    if opening is not None:
        raise RetryLater(opening)
    return None


class CampaignPaused(Exception):
    """The mail waits until its campaign is resumed."""


def record_sent(notification: Notification, now: datetime) -> None:
    """Store at the entry that the mail server accepted a mail, in the caller's transaction."""
    entry = roster.lock_entry(notification.roster_entry_id) if notification.roster_entry_id else None
    if entry is None:
        return
    if notification.kind == INVITATION:
        entry.invited_at = now
    elif notification.kind == REMINDER:
        entry.reminded_at, entry.reminders = now, entry.reminders + 1


def record_refused(notification: Notification, cause: str, now: datetime) -> None:
    """Mark the entry's address as bounced when the mail server refuses it for good, in the caller's transaction."""
    entry = roster.lock_entry(notification.roster_entry_id) if notification.roster_entry_id else None
    if entry is not None and entry.bounced_at is None:
        entry.bounced_at, entry.bounce_reason = now, cause


def send_digests(context: AppContext) -> None:
    """Create this week's digest for each manager of a team with people in a running campaign."""
    now = context.clock()
    year, week, _day = now.astimezone(context.settings.time_zone).isocalendar()
    with transaction():
        for manager in people.list_with_role(Role.MANAGER):
            if campaign_teams.count_teams(manager.manages):
                notification_id = notifications.create_notification(
                    DIGEST, f"{year}-W{week:02}", person_id=manager.id, shoot_id=None, now=now
                )
                if notification_id is not None:
                    queue.enqueue_job(job_types.SEND_NOTIFICATION, notice_id=str(notification_id))
