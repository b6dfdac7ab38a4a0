"""Events as the provider sends them, and a shoot that both sides have."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.models.shoots import Shoot
from tests.factories import make_consent, make_person, make_shoot
from tests.integration.core.doubles import Session
from tests.integration.core.worked_example import WorkedExample, format_iso_time


def build_event(
    name: str, model: str, status: str | None = None, *, at: datetime | None = None, id: str | None = None, **more: Any
) -> dict[str, Any]:
    item: dict[str, Any] = {"_id": model, **more}
    if status is not None:
        item["status"] = status
    body: dict[str, Any] = {"event": name, "objectType": "model", "object": item}
    if at is not None:
        body["createdAt"] = format_iso_time(at)
    if id is not None:
        body["id"] = id
    return body


def list_delivery_states(worked_example: WorkedExample) -> list[str]:
    return [state for (state,) in worked_example.query("SELECT state FROM deliveries ORDER BY id")]


def make_provider_shoot(worked_example: WorkedExample, status: str = "onboarding") -> tuple[Shoot, Session]:
    """A shoot of the portal, and the same model at the provider."""
    person = make_person()
    make_consent(person)
    shoot = make_shoot(person, provider_status=status)
    assert shoot.provider_id is not None
    return shoot, worked_example.provider.add(person.email, status, id=shoot.provider_id)
