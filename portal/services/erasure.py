"""Requests erasures: blocks the person or their photo sessions at once and enqueues the deletion of the data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.db import db, transaction
from portal.domain import job_types
from portal.domain.erasure import STEPS, ErasureScope, ErasureStep
from portal.domain.errors import NotFound
from portal.domain.studio_address import build_studio_address
from portal.models import (
    archives,
    audit,
    choices,
    consents,
    erasures,
    exports,
    kits,
    people,
    photos,
    queue,
    sessions,
    shoots,
)
from portal.models.erasures import Erasure
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services.app_context import AppContext


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """How far an erasure is; a page shows it and the person can keep it.

    Attributes:
        steps: every step with the time it was done, None while it is not.
        pending_sessions: sessions whose deletion the provider has not confirmed yet.
    """

    id: UUID
    scope: ErasureScope
    requested_at: datetime
    local_at: datetime | None
    finished_at: datetime | None
    steps: dict[ErasureStep, datetime | None]
    pending_sessions: int


def request_erasure(
    person_id: UUID, context: AppContext, *, actor_id: UUID | None = None, erasure_id: UUID | None = None
) -> UUID:
    """Deactivate a person, close their open work and enqueue their erasure; a second request changes nothing.

    Args:
        person_id: the person to erase.
        context: its secretbox seals the e-mail address while it is needed to find a session at the provider.
        actor_id: who requested it; None from the command line.
        erasure_id: id of a new erasure; None for a random one.

    Returns:
        The erasure's id, its receipt.

    Raises:
        NotFound: there is no such person.
    """
    with transaction():
        # Sessions before the person, as everywhere.
        shoots.lock_by_person(person_id)
        person = people.lock_person(person_id)
        if person is None:
            raise NotFound
        if (unfinished := erasures.find_open(person_id)) is not None:
            enqueue_erasure(unfinished.id)
            return unfinished.id
        return erase_person(person, context, actor_id=actor_id, erasure_id=erasure_id)


def erase_person(
    person: Person,
    context: AppContext,
    *,
    actor_id: UUID | None = None,
    erasure_id: UUID | None = None,
    reason: str | None = None,
) -> UUID:
    """Create the erasure of everything about a person, in the caller's transaction; return its id.

    Args:
        person: locked by the caller, after their shoots, and without an unfinished erasure of everything.
        context: clock and secretbox.
        actor_id: who requested it; None for the command line and the nightly job.
        erasure_id: id of the erasure; None for a random one.
        reason: a constant for the audit trail, such as ``inactive``.
    """
    now = context.clock()
    person.deactivated_at = person.deactivated_at or now
    sessions.delete_of_person(person.id)
    erasure = create_erasure(person, ErasureScope.EVERYTHING, context, erasure_id=erasure_id)
    detail = {} if reason is None else {"reason": reason}
    audit.create_entry("person.erasure_ordered", at=now, actor_id=actor_id, subject_id=person.id, **detail)
    people.close_streams(person.id)
    return erasure.id


def create_erasure(
    person: Person,
    scope: ErasureScope,
    context: AppContext,
    *,
    kept_photo_id: UUID | None = None,
    erasure_id: UUID | None = None,
    only_shoot_ids: Collection[UUID] | None = None,
) -> Erasure:
    """Create an erasure and its job, in the caller's transaction: from here on nothing is used, shown or created.

    Args:
        person: locked by the caller, after their shoots.
        scope: how much is deleted.
        context: clock, and the secretbox for the address of a session whose id is unknown.
        kept_photo_id: the chosen headshot that stays, in the scope ``unchosen``.
        erasure_id: id of the erasure; None for a random one.
        only_shoot_ids: leave other shoots and own photos as they are; None for all.
    """
    now = context.clock()
    # Again: a shoot may have been requested between the locks.
    closed = shoots.lock_by_person(person.id)
    photo_ids = photos.list_ids_by_person(person.id)
    if only_shoot_ids is not None:
        closed = [shoot for shoot in closed if shoot.id in only_shoot_ids]
        photo_ids = [photo.id for shoot in closed for photo in photos.list_by_shoot(shoot.id)]
    _close_shoots(closed, now)
    erasure = _build_erasure(person, scope, context, closed, kept_photo_id)
    erasure.id = erasure_id or uuid4()
    erasure.photo_ids = [photo_id for photo_id in photo_ids if photo_id != kept_photo_id]
    db.session.add(erasure)
    erasures.add_tombstones(map(erasures.compute_session_digest, erasure.provider_ids), now)
    erasure.mark_step(ErasureStep.BLOCKED, now)
    _unpublish(erasure, now)
    erasure.consents = _build_proof(person.id)
    people.publish_version(person.id)
    enqueue_erasure(erasure.id)
    return erasure


def _build_erasure(
    person: Person, scope: ErasureScope, context: AppContext, closed: list[Shoot], kept_photo_id: UUID | None
) -> Erasure:
    return Erasure(
        person_id=person.id,
        scope=str(scope),
        steps={},
        requested_at=context.clock(),
        shoot_ids=[shoot.id for shoot in closed],
        kit_ids=kits.list_ids_by_person(person.id) if kept_photo_id is None else [],
        archive_ids=archives.list_ids_by_person(person.id),
        kept_photo_id=kept_photo_id,
        provider_ids=[shoot.provider_id for shoot in closed if shoot.provider_id is not None],
        email=_seal_unknown_address(person, closed, context),
        consents=[],
    )


def _close_shoots(closed: list[Shoot], now: datetime) -> None:
    for shoot in closed:
        shoot.closed_at = shoot.closed_at or now
        shoot.signed_url = None


def _unpublish(erasure: Erasure, now: datetime) -> None:
    """Take the pictures out of use and off every page, before their files are deleted."""
    if erasure.kept_photo_id is None:
        if choices.withdraw_all(erasure.person_id, now):
            audit.create_entry("choice.withdrawn", at=now, subject_id=erasure.person_id, reason="erasure")
        kits.close_current(erasure.person_id, now)
        exports.expire_exports(now)
    photos.hide_photos(erasure.photo_ids, now, by="erasure")
    archives.expire_archives(erasure.archive_ids, now)
    erasure.mark_step(ErasureStep.UNPUBLISHED, now)


def _seal_unknown_address(person: Person, closed: list[Shoot], context: AppContext) -> bytes | None:
    """Return the sealed address of a session whose id is unknown, None without one; only an open shoot can have one."""
    unknown = next((shoot for shoot in closed if _may_exist_unknown(shoot)), None)
    return context.secretbox.seal(build_studio_address(person.email, unknown.address_number)) if unknown else None


def _may_exist_unknown(shoot: Shoot) -> bool:
    """Return whether a session may exist at the provider whose id never reached the portal."""
    return shoot.provider_id is None and shoot.attempts > 0


def _build_proof(person_id: UUID) -> list[dict[str, str | None]]:
    """Return what was agreed to and when: on the page of the agreement, and by choosing a photo (purpose ``use``)."""
    agreed: list[dict[str, str | None]] = [
        {
            "policy_version": each.policy_version,
            "text_sha256": each.text_sha256,
            "provider": each.provider,
            **_build_proof_times(each.given_at, each.withdrawn_at),
        }
        for each in consents.list_by_person(person_id)
    ]
    used: list[dict[str, str | None]] = [
        {
            "policy_version": each.use_policy_version,
            "text_sha256": each.use_text_sha256,
            "purpose": "use",
            **_build_proof_times(each.acted_at, each.withdrawn_at),
        }
        for each in choices.list_use_agreements(person_id)
    ]
    return [*agreed, *used]


def _build_proof_times(given_at: datetime, withdrawn_at: datetime | None) -> dict[str, str | None]:
    return {"given_at": given_at.isoformat(), "withdrawn_at": withdrawn_at.isoformat() if withdrawn_at else None}


def enqueue_erasure(erasure_id: UUID) -> None:
    """Enqueue the job of an erasure, in the caller's transaction; one that waits starts at once."""
    queue.start_job_now(job_types.ERASE_PERSON, erasure_id=str(erasure_id))


def requeue_stale(*, before: datetime) -> None:
    """Enqueue again every unfinished erasure that was requested before this time."""
    with transaction():
        for erasure_id in erasures.list_unfinished(before=before):
            queue.enqueue_job(job_types.ERASE_PERSON, erasure_id=str(erasure_id))


def get_receipt(erasure_id: UUID) -> Receipt:
    """Return how far an erasure is.

    Raises:
        NotFound: there is no such erasure.
    """
    with transaction():
        erasure = erasures.find_by_id(erasure_id)
        if erasure is None:
            raise NotFound
        return build_receipt(erasure)


def find_latest_receipt(person_id: UUID) -> Receipt | None:
    """Return the newest erasure of a person, such as after a withdrawal; None without one."""
    with transaction():
        erasure = erasures.find_latest(person_id)
        return None if erasure is None else build_receipt(erasure)


def build_receipt(erasure: Erasure) -> Receipt:
    """Build the receipt of one erasure."""
    done = {step: erasure.steps.get(step) for step in STEPS}
    is_pending = erasure.finished_at is None
    return Receipt(
        id=erasure.id,
        scope=ErasureScope(erasure.scope),
        requested_at=erasure.requested_at,
        local_at=erasure.local_at,
        finished_at=erasure.finished_at,
        steps={step: datetime.fromisoformat(at) if at else None for step, at in done.items()},
        pending_sessions=len(erasure.provider_ids) + (erasure.email is not None) if is_pending else 0,
    )
