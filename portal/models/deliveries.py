"""Deliveries: every authentic webhook as it came, stored once together with the job that applies it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from sqlalchemy import ColumnElement, Identity, Index, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db, execute_autonomous
from portal.domain import job_types
from portal.models.queue import INSERT_JOB, build_insert_values

DELETED_AT_ONCE = 1000


class Delivery(Base):
    """One webhook as received.

    ``state`` is ``pending``, ``applied``, ``ignored`` (authentic, but about no session of the portal) or ``dead``
    (could not be read or applied; kept for a person to look at). ``headers`` are those that identify the request, with
    the signature cut; None once the body is deleted.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_unapplied", "received_at", postgresql_where=text("state IN ('pending', 'dead')")),
        Index("ix_deliveries_ignored", "model_id", postgresql_where=text("state = 'ignored'")),
        Index("ix_deliveries_event", "event", "id"),
        Index("ix_deliveries_stale", "id", postgresql_where=text("stale")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    provider: Mapped[str]
    event: Mapped[str | None]
    model_id: Mapped[str | None] = mapped_column(index=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    stale: Mapped[bool] = mapped_column(default=False)
    key_id: Mapped[str]
    body_sha256: Mapped[str]
    body: Mapped[bytes | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(default="pending")
    error: Mapped[str | None]
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    applied_at: Mapped[datetime | None]


# One statement stores the row and its job together, in a single round trip.
_INSERT: LiteralString = f"""
    WITH stored AS (
        INSERT INTO deliveries (dedupe_key, provider, event, model_id, received_at, stale, key_id,
                                body_sha256, body, headers, state, error)
        VALUES (%(dedupe_key)s, %(provider)s, %(event)s, %(model_id)s, %(received_at)s, %(stale)s, %(key_id)s,
                %(body_sha256)s, %(body)b, %(headers)s::jsonb, %(state)s, %(error)s)
        ON CONFLICT (dedupe_key) DO NOTHING
        RETURNING id, state
    ), queued AS (
        {INSERT_JOB} jsonb_build_object('delivery_id', stored.id)
        FROM stored WHERE stored.state = 'pending'
    )
    SELECT stored.id, NULL FROM stored
    UNION ALL
    SELECT NULL, known.body_sha256 FROM deliveries AS known
    WHERE known.dedupe_key = %(dedupe_key)s AND NOT EXISTS (SELECT FROM stored)
"""  # noqa: S608  # nosec B608  # composed of constants


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """What became of a delivery: ``id`` of its new row, or else the ``digest`` of the body its key came with first."""

    id: int | None
    digest: str


def insert_delivery(
    *,
    dedupe_key: str,
    provider: str,
    event: str | None,
    model_id: str | None,
    received_at: datetime,
    stale: bool,
    key_id: str,
    body_sha256: str,
    body: bytes,
    error: str | None,
    headers: Mapping[str, str] | None = None,
) -> StoredDelivery:
    """Store a delivery and enqueue the job that applies it; an unreadable one (``error``) gets no job.

    It is committed when this returns, independent of the caller's transaction.
    """
    row = execute_autonomous(
        _INSERT,
        {
            "dedupe_key": dedupe_key,
            "provider": provider,
            "event": event,
            "model_id": model_id,
            "received_at": received_at,
            "stale": stale,
            "key_id": key_id,
            "body_sha256": body_sha256,
            "body": body,
            "headers": None if headers is None else json.dumps(headers),
            "state": "dead" if error else "pending",
            "error": error,
            **build_insert_values(job_types.APPLY_DELIVERY),
        },
        # Concurrent webhooks share a commit. The key is the only lock for which two of these can wait.
        batch_key=dedupe_key,
    )
    return StoredDelivery(row[0], row[1] or body_sha256) if row else _find_duplicate(dedupe_key, body_sha256)


def _find_duplicate(dedupe_key: str, body_sha256: str) -> StoredDelivery:
    # Another copy was stored while the INSERT ran, whose snapshot does not contain it.
    stored = execute_autonomous(_DIGEST, {"dedupe_key": dedupe_key})
    return StoredDelivery(None, stored[0] if stored else body_sha256)


_DIGEST: LiteralString = "SELECT body_sha256 FROM deliveries WHERE dedupe_key = %(dedupe_key)s"


def find_by_id(delivery_id: int) -> Delivery | None:
    """Return one delivery."""
    return db.session.get(Delivery, delivery_id)


def lock_delivery(delivery_id: int) -> Delivery | None:
    """Return one delivery, holding other writers until the transaction ends."""
    return db.session.scalar(
        select(Delivery).where(Delivery.id == delivery_id).with_for_update().execution_options(populate_existing=True)
    )


def lock_model_id(model_id: str) -> None:
    """Let only one transaction at a time decide whether this model belongs to the portal, until it ends.

    Without it a delivery could be put aside as unknown in the moment in which its model becomes known.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"model:{model_id}", 0))))


def list_unmatched(model_id: str) -> list[Delivery]:
    """Return the deliveries about a model that arrived before we knew it."""
    return list(
        db.session.scalars(
            select(Delivery)
            .where(Delivery.model_id == model_id, Delivery.state == "ignored")
            .order_by(Delivery.received_at)
        )
    )


def delete_bodies(before: datetime) -> int:
    """Delete the raw bodies received before this moment; the rows stay, so that repeats are still known."""
    query = (
        update(Delivery)
        .where(Delivery.received_at < before, Delivery.body.is_not(None))
        .values(body=None, headers=None)
        .returning(Delivery.id)
    )
    return len(db.session.scalars(query).all())


def delete_old(before: datetime, *, since: datetime | None) -> list[datetime]:
    """Delete a batch of deliveries received before this moment, the oldest first, except those not applied yet.

    Args:
        before: end of the retention period.
        since: where the batch before this one ended; None for the first.

    Returns:
        When each of those deleted was received.
    """
    old = select(Delivery.id).where(Delivery.received_at < before, Delivery.state != "pending")
    if since is not None:
        old = old.where(Delivery.received_at >= since)
    old = old.order_by(Delivery.received_at).limit(DELETED_AT_ONCE)
    return list(db.session.scalars(delete(Delivery).where(Delivery.id.in_(old)).returning(Delivery.received_at)))


@dataclass(frozen=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries are listed; None does not narrow. ``model_ids`` are ids at the provider."""

    state: str | None = None
    event: str | None = None
    model_ids: tuple[str, ...] | None = None


def list_newest(limit: int, chosen: DeliveryFilter, *, before_id: int | None = None) -> list[Delivery]:
    """List deliveries, the newest first, from below ``before_id`` on."""
    query = select(Delivery).where(*_build_conditions(chosen)).order_by(Delivery.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Delivery.id < before_id)
    return list(db.session.scalars(query))


def list_ids(chosen: DeliveryFilter, limit: int) -> list[int]:
    """List the ids of deliveries whose body is kept, the oldest first."""
    query = select(Delivery.id).where(*_build_conditions(chosen), Delivery.body.is_not(None))
    return list(db.session.scalars(query.order_by(Delivery.id).limit(limit)))


def _build_conditions(chosen: DeliveryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.state is not None:
        conditions.append(Delivery.state == chosen.state)
    if chosen.event is not None:
        conditions.append(Delivery.event == chosen.event)
    if chosen.model_ids is not None:
        conditions.append(Delivery.model_id.in_(chosen.model_ids))
    return conditions


def list_pending_since(before: datetime) -> list[int]:
    """Return the ids of the deliveries that have waited since before this moment, the oldest first."""
    query = select(Delivery.id).where(Delivery.state == "pending", Delivery.received_at < before)
    return list(db.session.scalars(query.order_by(Delivery.id)))


def list_ids_in_state(state: str) -> list[int]:
    """Return the ids of all deliveries in this state, the oldest first."""
    return list(db.session.scalars(select(Delivery.id).where(Delivery.state == state).order_by(Delivery.id)))
