"""The number of stored webhooks, without counting all rows each time: a total up to a moment, and the rest.

The worker counts once an hour what is older than a minute, and a deletion subtracts in its own transaction. So the sum
is exact at any time, and reading it costs an index scan of the last hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.deliveries import Delivery

# A webhook is stored within seconds of the time that its row names.
STORED_WITHIN = timedelta(minutes=1)
_NOTHING_COUNTED = datetime(2000, 1, 1, tzinfo=UTC)


class DeliveryTotal(Base):
    """How many webhooks were received before a moment, one row."""

    __tablename__ = "delivery_totals"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    received: Mapped[int]
    counted_before: Mapped[datetime]


def build_count() -> ScalarSelect[int]:
    """Return the subquery that counts all stored webhooks."""
    rest = select(func.count()).select_from(Delivery).where(Delivery.received_at >= DeliveryTotal.counted_before)
    total = select(DeliveryTotal.received + rest.scalar_subquery()).where(DeliveryTotal.id == 1)
    everything = select(func.count()).select_from(Delivery).scalar_subquery()
    return select(func.coalesce(total.scalar_subquery(), everything)).scalar_subquery()


def update_total(now: datetime) -> None:
    """Count anew, in the caller's transaction; a deletion at the same time is waited for."""
    values = {"id": 1, "received": 0, "counted_before": _NOTHING_COUNTED}
    db.session.execute(insert(DeliveryTotal).values(values).on_conflict_do_nothing())
    db.session.execute(select(DeliveryTotal.id).where(DeliveryTotal.id == 1).with_for_update())
    before = now - STORED_WITHIN
    count = select(func.count()).select_from(Delivery).where(Delivery.received_at < before).scalar_subquery()
    change = update(DeliveryTotal).where(DeliveryTotal.id == 1).values(received=count, counted_before=before)
    db.session.execute(change.execution_options(synchronize_session=False))


def update_after_deletion(received: list[datetime]) -> None:
    """Subtract deleted webhooks, given by when each was received, in the transaction that deletes them."""
    if not received:
        return
    query = select(DeliveryTotal.counted_before).where(DeliveryTotal.id == 1).with_for_update()
    before = db.session.scalar(query)
    if before is not None:
        count = sum(at < before for at in received)
        change = update(DeliveryTotal).where(DeliveryTotal.id == 1).values(received=DeliveryTotal.received - count)
        db.session.execute(change.execution_options(synchronize_session=False))
