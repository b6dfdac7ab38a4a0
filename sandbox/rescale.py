"""Rescales scheduled steps and deliveries when the speed changes."""

from __future__ import annotations

from datetime import datetime

from sandbox.clock import format_iso, parse_iso
from sandbox.store import deliveries, models
from sandbox.store.database import Connection


def rescale_schedule(db: Connection, now: datetime, factor: float) -> None:
    """Multiply the time left until each scheduled step by `factor`."""
    for model_id, due in models.list_scheduled(db):
        models.update_model(db, model_id, next_at=_rescale(due, now, factor))
    for delivery_id, due in deliveries.list_scheduled(db):
        deliveries.update_delivery(db, delivery_id, due_at=_rescale(due, now, factor))


def _rescale(due: str, now: datetime, factor: float) -> str:
    moment = parse_iso(due)
    return due if moment <= now else format_iso(now + (moment - now) * factor)
