"""The tasks: each converts its arguments and calls one service."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.domain import job_types
from portal.jobs.runner import register_task
from portal.presentation import mail_templates
from portal.services import (
    audit_trail,
    company_texts,
    credits,
    deliveries,
    erasure_run,
    health_monitor,
    mirroring,
    monitoring,
    notifications,
    provider_account,
    retention,
    retention_plan,
    session_reset,
    shoot_sync,
    sweep,
    waiting_room,
)
from portal.services.app_context import AppContext


@register_task(job_types.CREATE_SESSION)
def create_session(context: AppContext, *, shoot_id: str) -> None:
    """Create the session of the person who has waited longest, not necessarily of the shoot that enqueued the job."""
    del shoot_id
    waiting_room.start_next_in_queue(context)


@register_task(job_types.FETCH_BALANCE)
def fetch_balance(context: AppContext) -> None:
    """Fetch the credit balance."""
    credits.fetch_balance(context)


@register_task(job_types.REFRESH_BALANCE)
def refresh_balance(context: AppContext) -> None:
    """Fetch the credit balance, and resume the first person who waits for a credit."""
    credits.refresh_balance(context)


@register_task(job_types.RESUME_WAITING)
def resume_waiting(context: AppContext) -> None:
    """Resume as many people who wait for a credit as the balance allows."""
    credits.resume_waiting(now=context.clock())


def _mark_delivery_dead(context: AppContext, *, error: Exception, delivery_id: int) -> None:
    deliveries.mark_dead(delivery_id, error=type(error).__name__, now=context.clock())


@register_task(job_types.APPLY_DELIVERY, on_dead=_mark_delivery_dead)
def apply_delivery(context: AppContext, *, delivery_id: int) -> None:
    """Apply one stored webhook."""
    deliveries.apply_delivery(delivery_id, clock=context.clock)


@register_task(job_types.COUNT_DELIVERIES)
def count_deliveries(context: AppContext) -> None:
    """Count the stored webhooks, so that pages and metrics need not."""
    monitoring.update_delivery_total(now=context.clock())


@register_task(job_types.REFRESH_SHOOT)
def refresh_shoot(context: AppContext, *, shoot_id: str) -> None:
    """Re-read one shoot from the provider."""
    shoot_sync.refresh_shoot(UUID(shoot_id), context)


@register_task(job_types.REFRESH_FAVORITE)
def refresh_favorite(context: AppContext, *, shoot_id: str, key: str, acted_at: str) -> None:
    """Read from the provider which photo was picked in the studio."""
    shoot_sync.refresh_favorite(UUID(shoot_id), context, key=key, acted_at=datetime.fromisoformat(acted_at))


@register_task(job_types.COPY_PHOTOS)
def copy_photos(context: AppContext, *, shoot_id: str) -> None:
    """Copy a finished shoot's photos into the storage."""
    mirroring.copy_photos(UUID(shoot_id), context)


@register_task(job_types.SWEEP)
def reconcile_shoots(context: AppContext, *, full: bool = True) -> None:
    """Compare the provider's sessions with the portal's."""
    sweep.reconcile_shoots(context, full=full)


@register_task(job_types.DELETE_EXPIRED)
def delete_expired(context: AppContext) -> None:
    """Delete everything that has reached the end of its retention period."""
    retention.delete_expired(context, now=context.clock())
    retention_plan.record_plan(context.settings.retention, now=context.clock())


@register_task(job_types.ERASE_PERSON)
def erase_person(context: AppContext, *, erasure_id: str) -> None:
    """Carry out one erasure."""
    erasure_run.run_erasure(UUID(erasure_id), context)


@register_task(job_types.READ_ACCOUNT)
def read_account(context: AppContext) -> None:
    """Read the provider's account."""
    provider_account.read_account(context)


@register_task(job_types.UPDATE_TEAM)
def update_team(context: AppContext, *, action: str, team_id: str, name: str) -> None:
    """Create, rename or delete one team at the provider."""
    provider_account.update_team(context, action=action, team_id=team_id, name=name)


@register_task(job_types.RESET_SESSION)
def reset_session(context: AppContext, *, shoot_id: str) -> None:
    """Delete one session at the provider, so that its person can start again."""
    session_reset.reset_session(UUID(shoot_id), context)


@register_task(job_types.CHECK_HEALTH)
def check_health(context: AppContext) -> None:
    """Run every health check and store the results."""
    health_monitor.run_checks(context)


@register_task(job_types.VERIFY_AUDIT_TRAIL)
def verify_audit_trail(context: AppContext) -> None:
    """Verify the whole audit trail, and record the result in it."""
    audit_trail.verify_trail(now=context.clock())


@register_task(job_types.LOG_AUDIT_HEAD)
def log_audit_head(context: AppContext) -> None:
    """Log the last link of the audit trail."""
    del context
    audit_trail.log_head()


def _drop_notification(context: AppContext, *, error: Exception, notice_id: str) -> None:
    notifications.drop_notification(UUID(notice_id), reason=type(error).__name__, now=context.clock())


@register_task(job_types.SEND_NOTIFICATION, on_dead=_drop_notification)
def send_notification(context: AppContext, *, notice_id: str) -> None:
    """Send one e-mail."""
    writer = mail_templates.MailWriter(context.settings, context.brand.name, context.clock, company_texts.load_texts())
    notifications.send_notification(UUID(notice_id), context, render=writer.render)
