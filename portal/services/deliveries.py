"""Webhook deliveries: an authentic one is stored once together with its job and applied later by the worker."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from portal.db import DATABASE_ERRORS, transaction
from portal.domain import job_types, stages
from portal.domain.brands import Brand, WebhookScheme
from portal.failpoints import failpoint
from portal.models import audit, deliveries, erasures, people_list, queue, shoots, webhook_rejections
from portal.models.deliveries import Delivery, StoredDelivery
from portal.models.listed_people import split_search
from portal.models.shoots import Shoot
from portal.provider import events, signature
from portal.provider.events import WebhookEvent
from portal.provider.fields import parse_time
from portal.provider.signature import Headers, VerifiedSignature
from portal.services import shoot_sync

log = logging.getLogger(__name__)

# Each term of a search costs an index scan.
_MAX_TERMS = 6


@dataclass(frozen=True)
class WebhookReceiver:
    """Settings for verifying webhooks of one brand."""

    brand: Brand
    secrets: Sequence[str]
    scheme: WebhookScheme
    tolerance: int = 300


@dataclass(frozen=True)
class _VerifiedWebhook:
    """An authentic webhook as received."""

    key: str
    provider: str
    stale: bool
    key_id: str
    body: bytes
    digest: str
    headers: Mapping[str, str] | None


def store_delivery(
    receiver: WebhookReceiver,
    body: bytes,
    headers: Headers,
    *,
    now: datetime,
    recorded_headers: Mapping[str, str] | None = None,
) -> int | None:
    """Verify a webhook and store it together with its job: one statement, one transaction, one round trip.

    Args:
        receiver: secrets and scheme.
        body: as received.
        headers: those of the signature.
        now: the present, UTC.
        recorded_headers: headers to store for operators, without values that prove anything.

    Returns:
        The new delivery's id, or None for a duplicate.

    Raises:
        SignatureInvalid: it is not authentic; nothing is stored.
    """
    verified = _verify(receiver, body, headers, now)
    event, error = _parse_event(body)
    own_id = event.id if event else None
    found = _VerifiedWebhook(
        key=f"{receiver.brand.slug}:{own_id or events.compute_dedupe_key(body)}",
        provider=receiver.brand.slug,
        stale=verified.stale,
        key_id=verified.key_id,
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        headers=recorded_headers,
    )
    stored = _insert(found, event, error, now)
    if stored.id is None and not hmac.compare_digest(stored.digest, found.digest):
        _store_conflict(found, now)
    failpoint("webhook.after_insert")
    return stored.id


def _verify(receiver: WebhookReceiver, body: bytes, headers: Headers, now: datetime) -> VerifiedSignature:
    verified = signature.verify_signature(
        body, headers, receiver.secrets, receiver.scheme, receiver.brand.header_prefix, now, receiver.tolerance
    )
    if verified.place > 1:
        # Shows the operator that the older secret is still in use.
        log.info("webhook.signed_with_old_secret", extra={"secret_position": verified.place, "key_id": verified.key_id})
    return verified


def count_rejection(reason: str, *, now: datetime) -> None:
    """Count a webhook that was not authentic, for the health page; without the database it stays uncounted."""
    try:
        webhook_rejections.count_rejection(reason, now=now)
    except DATABASE_ERRORS as error:
        log.warning("webhook.rejection_not_counted", extra={"error": type(error).__name__})


def _parse_event(body: bytes) -> tuple[WebhookEvent | None, str | None]:
    """Parse a webhook's body; return the event, or None and the error that is stored with it."""
    try:
        return events.parse_event(body), None
    except events.EventUnreadable as error:
        return None, f"unreadable: {error.reason}"


def _insert(found: _VerifiedWebhook, event: WebhookEvent | None, error: str | None, now: datetime) -> StoredDelivery:
    return deliveries.insert_delivery(
        dedupe_key=found.key,
        provider=found.provider,
        event=event.event[:80] if event else None,
        model_id=event.model_id if event else None,
        received_at=now,
        stale=found.stale,
        key_id=found.key_id,
        body_sha256=found.digest,
        body=found.body,
        error=error,
        headers=found.headers,
    )


def _store_conflict(found: _VerifiedWebhook, now: datetime) -> None:
    """Store a different body under a known event id as dead: the first counts, an operator should check this one."""
    log.warning("webhook.conflict", extra={"provider": found.provider})
    _insert(replace(found, key=f"{found.key}:{found.digest}"), None, "another body came under this id before", now)


def apply_delivery(delivery_id: int, *, clock: Callable[[], datetime]) -> None:
    """Apply one stored delivery. Running it again changes nothing."""
    now = clock()
    with transaction():
        delivery = deliveries.lock_delivery(delivery_id)
        if delivery is None or delivery.state != "pending" or delivery.body is None:
            return
        failpoint("apply.after_lock")
        try:
            event = events.parse_event(delivery.body)
        except events.EventUnreadable as unreadable:
            # Only a replay of a dead delivery gets here; it stays dead.
            delivery.state, delivery.error = "dead", f"unreadable: {unreadable.reason}"
            return
        shoot = _lock_shoot(event)
        # A replay must not change the recorded time of the first application.
        delivery.applied_at = delivery.applied_at or now
        if (shoot is None or shoot.closed_at is not None) and _is_erased(event):
            delivery.state, delivery.body, delivery.headers = "ignored", None, None
            if event.event == events.MODEL_DELETED and not _is_outdated(delivery):
                _confirm_erasures(event)
            return
        if shoot is None:
            # Kept: if the session turns out to be the portal's, the delivery is applied then.
            delivery.state = "ignored"
            return
        delivery.state = "applied"
        delivery.outcome = {"did": _apply_event(shoot, delivery, event, now)}
        failpoint("apply.before_commit")
    failpoint("apply.after_commit")


def _lock_shoot(event: WebhookEvent) -> Shoot | None:
    if event.model_id is None:
        return None
    deliveries.lock_model_id(event.model_id)
    found = shoots.find_by_provider_id(event.model_id)
    return None if found is None else shoots.lock_shoot(found.id)


def _is_erased(event: WebhookEvent) -> bool:
    return event.model_id is not None and erasures.has_tombstone(event.model_id)


def _confirm_erasures(event: WebhookEvent) -> None:
    """Let the erasures that wait for the provider continue: it has announced the deletion."""
    for erasure_id in erasures.confirm_deletion(event.model_id or ""):
        queue.start_job_now(job_types.ERASE_PERSON, erasure_id=str(erasure_id))


def _apply_event(shoot: Shoot, delivery: Delivery, event: WebhookEvent, now: datetime) -> str:
    if shoot.closed_at is not None:
        return "nothing: closed"
    if event.event == events.FAVORITE_SELECTED:
        return _apply_favorite(shoot, delivery, event, now)
    done = _apply_status(shoot, delivery, event, now)
    if event.event == events.PHOTOS_READY and shoot.provider_status == stages.ACTIVE:
        # Photos are also added to a session that was finished before.
        shoot_sync.enqueue_copy(shoot)
    return done


def _apply_status(shoot: Shoot, delivery: Delivery, event: WebhookEvent, now: datetime) -> str:
    status = stages.DELETED if event.event == events.MODEL_DELETED else event.status
    if event.event == events.PHOTOS_READY and status is None:
        status = stages.ACTIVE
    if not _is_outdated(delivery) and status is not None:
        if event.created_at is not None and shoot_sync.is_newer(shoot, event.created_at):
            finished_at = parse_time(event.object.get("finishedAt"))
            shoot_sync.apply_status(shoot, status, at=event.created_at, by="event", now=now, finished_at=finished_at)
            return f"status {status[:40]}"
        if status == shoot.provider_status:
            return "nothing: known"
    shoot_sync.enqueue_refresh(shoot, now=now)
    return "asked to re-read"


def _is_outdated(delivery: Delivery) -> bool:
    """Return whether only a re-read may follow: it was late, or is a replay and may be out of date."""
    return delivery.stale or (delivery.outcome or {}).get("replayed", False) is True


def _apply_favorite(shoot: Shoot, delivery: Delivery, event: WebhookEvent, now: datetime) -> str:
    acted_at = event.created_at or delivery.received_at
    key = f"delivery:{delivery.id}"
    if _is_outdated(delivery) or event.photo_id is None:
        queue.enqueue_job(
            job_types.REFRESH_FAVORITE,
            shoot_id=str(shoot.id),
            key=key,
            acted_at=acted_at.isoformat(),
        )
        return "asked for the favorite"
    shoot_sync.record_studio_favorite(shoot, event.photo_id, key=key, acted_at=acted_at, now=now)
    return "favorite"


def mark_dead(delivery_id: int, *, error: str, now: datetime) -> None:
    """Mark a delivery that failed at every attempt as dead, with its reason, for an operator to check."""
    with transaction():
        delivery = deliveries.lock_delivery(delivery_id)
        if delivery is not None and delivery.state == "pending":
            delivery.state = "dead"
            delivery.error = error[:200]
            delivery.applied_at = now


def requeue_stale(*, before: datetime) -> None:
    """Enqueue again deliveries that are pending since before this moment: a job can get lost."""
    with transaction():
        for delivery_id in deliveries.list_pending_since(before):
            queue.enqueue_job(job_types.APPLY_DELIVERY, delivery_id=delivery_id)


def requeue_unmatched(provider_id: str) -> None:
    """Enqueue, in the caller's transaction, deliveries that came before their session was known to be the portal's."""
    for delivery in deliveries.list_unmatched(provider_id):
        delivery.state = "pending"
        queue.enqueue_job(job_types.APPLY_DELIVERY, delivery_id=delivery.id)


def find_model_ids(text: str) -> tuple[str, ...]:
    """Return the ids at the provider that a search means: the id itself, or the sessions of people found by name."""
    terms = split_search(text)
    found = people_list.list_person_ids(terms[:_MAX_TERMS]) if terms else []
    return (text, *shoots.list_provider_ids(found))


def replay_deliveries(delivery_ids: Iterable[int], *, actor_id: UUID, now: datetime) -> int:
    """Queue many deliveries again, each with an audit entry; return how many there were."""
    return sum(replay_delivery(each, actor_id=actor_id, now=now) for each in delivery_ids)


def replay_delivery(delivery_id: int, *, actor_id: UUID | None, now: datetime) -> bool:
    """Queue a delivery again, dead or applied; it takes its effect from the provider's present state.

    Returns:
        False when there is no such delivery or its body has been deleted.
    """
    with transaction():
        delivery = deliveries.lock_delivery(delivery_id)
        if delivery is None or delivery.body is None:
            return False
        delivery.state = "pending"
        delivery.outcome = {"did": "queued again", "replayed": True}
        delivery.error = None
        queue.start_job_now(job_types.APPLY_DELIVERY, delivery_id=delivery.id)
        audit.create_entry("delivery.replayed", at=now, actor_id=actor_id, delivery=delivery.id)
        return True
