"""The tasks: each turns its arguments into one call of a service."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from portal.domain.errors import RetryLater
from portal.jobs.runner import task
from portal.models import deliveries, queue
from portal.models import waiting_room as waiting
from portal.presentation import mail_templates
from portal.provider.errors import PhotoExpired
from portal.services import (
    audit_trail,
    credits,
    erasure,
    mirroring,
    notifications,
    retention,
    shoot_sync,
    sweep,
    waiting_room,
)
from portal.services import deliveries as inbox
from portal.services.app_context import AppContext

SWEEP_TASK = "shoots.sweep"
LOOK_TASK = "credits.look"
RETENTION_TASK = "retention.forget"


def _of_shoot(prefix: str) -> Any:
    return lambda arguments: f"{prefix}:{arguments['shoot_id']}"


@task(waiting.TURN_TASK, once=_of_shoot("create"), priority=queue.TURN, queue_name=queue.LINE, in_turn=False)
def create_session(portal: AppContext, *, shoot_id: str) -> None:
    """Get whoever has waited longest their session; whose press queued this turn does not matter."""
    del shoot_id
    waiting_room.start_next_in_queue(portal)


@task(credits.READ_TASK, once=lambda _arguments: "credits.read")
def read_credits(portal: AppContext) -> None:
    """Ask for the balance."""
    credits.fetch_balance(portal)


@task(LOOK_TASK, once=lambda _arguments: "credits.look")
def look_at_credits(portal: AppContext) -> None:
    """Ask for the balance, and let the first go on who wait for a credit."""
    credits.refresh_balance(portal)


@task(credits.GO_ON_TASK, once=lambda _arguments: "credits.go_on")
def go_on_with_credits(portal: AppContext) -> None:
    """Let as many go on who wait for a credit as the balance allows."""
    credits.resume_waiting(now=portal.clock())


def _delivery_is_dead(portal: AppContext, *, error: Exception, delivery_id: int) -> None:
    inbox.mark_dead(delivery_id, error=type(error).__name__, now=portal.clock())


@task(deliveries.APPLY_TASK, on_dead=_delivery_is_dead)
def apply_delivery(portal: AppContext, *, delivery_id: int) -> None:
    """Apply one stored webhook."""
    inbox.apply_delivery(delivery_id, clock=portal.clock)


@task(shoot_sync.REFRESH_TASK, once=_of_shoot("refresh"))
def refresh(portal: AppContext, *, shoot_id: str) -> None:
    """Re-read one shoot."""
    shoot_sync.refresh_shoot(UUID(shoot_id), portal)


@task(shoot_sync.FAVORITE_TASK, once=_of_shoot("favorite"))
def read_favorite(portal: AppContext, *, shoot_id: str, key: str, acted_at: str) -> None:
    """Ask which photo was picked in the studio."""
    shoot_sync.refresh_favorite(UUID(shoot_id), portal, key=key, acted_at=datetime.fromisoformat(acted_at))


def _settle_copy(portal: AppContext, *, error: Exception, shoot_id: str) -> None:
    if isinstance(error, RetryLater | PhotoExpired):
        mirroring.finish_incomplete_copy(UUID(shoot_id), now=portal.clock())


@task(shoot_sync.COPY_TASK, once=_of_shoot("copy"), on_dead=_settle_copy)
def copy_photos(portal: AppContext, *, shoot_id: str) -> None:
    """Copy a finished shoot's photos into our storage."""
    mirroring.copy_photos(UUID(shoot_id), portal)


@task(SWEEP_TASK, once=lambda _arguments: "sweep")
def sweep_all(portal: AppContext, *, full: bool = True) -> None:
    """Compare the provider's sessions with ours."""
    sweep.reconcile_shoots(portal, full=full)


@task(RETENTION_TASK, once=lambda _arguments: "retention")
def forget(portal: AppContext) -> None:
    """Delete what is older than it may get."""
    retention.forget(portal.storage, now=portal.clock())


@task(erasure.ERASE_TASK, once=lambda arguments: f"erase:{arguments['erasure_id']}")
def erase(portal: AppContext, *, erasure_id: str) -> None:
    """Delete everything of one person."""
    erasure.run_erasure(UUID(erasure_id), portal)


@task(audit_trail.VERIFY_TASK, once=lambda _arguments: "audit")
def verify_audit_trail(portal: AppContext) -> None:
    """Check the whole audit trail, and write into it how it was found."""
    audit_trail.verify(now=portal.clock())


@task(audit_trail.HEAD_TASK, once=lambda _arguments: "audit head")
def note_audit_head(portal: AppContext) -> None:
    """Write into the log where the audit trail ends."""
    del portal
    audit_trail.note_head()


def _notice_is_dead(portal: AppContext, *, error: Exception, notice_id: str) -> None:
    notifications.drop_notification(UUID(notice_id), reason=type(error).__name__, now=portal.clock())


@task(
    notifications.SEND_TASK,
    once=lambda arguments: f"notice:{arguments['notice_id']}",
    on_dead=_notice_is_dead,
    priority=notifications.PRIORITY,
)
def send_notice(portal: AppContext, *, notice_id: str) -> None:
    """Send one mail that is owed."""
    renderer = mail_templates.MailWriter(portal.settings, portal.brand.name, portal.clock)
    notifications.send_notification(UUID(notice_id), portal, render=renderer.render)
