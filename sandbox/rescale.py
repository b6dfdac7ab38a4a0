"""Moves what is already scheduled when the speed changes; nothing else."""

from __future__ import annotations

from datetime import datetime

from sandbox.clock import iso, parse_iso
from sandbox.store import deliveries, models
from sandbox.store.database import Connection


def scheduled(db: Connection, now: datetime, factor: float) -> None:
    """Stretch (factor > 1) or shrink the time left until every scheduled step."""
    for model_id, due in models.scheduled(db):
        models.change(db, model_id, next_at=_moved(due, now, factor))
    for delivery_id, due in deliveries.scheduled(db):
        deliveries.change(db, delivery_id, due_at=_moved(due, now, factor))


def _moved(due: str, now: datetime, factor: float) -> str:
    moment = parse_iso(due)
    return due if moment <= now else iso(now + (moment - now) * factor)
