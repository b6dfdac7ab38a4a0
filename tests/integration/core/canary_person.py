"""A person whose name and address are canaries, and a search for what is left of them."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from portal.models.people import Person
from tests.factories import make_consent, make_finished_shoot, make_person
from tests.integration.core.worked_example import WorkedExample

CANARY = "canary.of.somebody@example.com"


def make_participant(worked_example: WorkedExample) -> Person:
    """A person with everything: consent, a finished session at the provider, photos as files, and webhooks."""
    person = make_person(CANARY, name="Canary Somebody")
    make_consent(person)
    shoot, photos = make_finished_shoot(person)
    for photo in photos:
        worked_example.portal.storage.put(f"photos/{photo.id}/640-1.webp", b"face", "image/webp")
    worked_example.provider.add(person.email, "active", id=shoot.provider_id)
    worked_example.send(build_event(str(shoot.provider_id)))
    return person


def build_event(provider_id: str, event_id: str = "evt_1") -> dict[str, Any]:
    return {
        "event": "model.status.updated",
        "id": event_id,
        "object": {"_id": provider_id, "status": "active", "email": CANARY},
    }


def list_remains(worked_example: WorkedExample) -> list[str]:
    """Every table that still holds the canary, and every file."""
    tables = worked_example.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = []
    for (table,) in tables:
        query = sql.SQL("SELECT count(*) FROM {} AS row WHERE row::text ILIKE '%canary%'").format(sql.Identifier(table))
        hex_too = sql.SQL("SELECT count(*) FROM {} AS row WHERE row::text LIKE %s").format(sql.Identifier(table))
        if worked_example.connection.execute(query).fetchone() != (0,):
            found.append(table)
        if worked_example.connection.execute(hex_too, (f"%{b'canary'.hex()}%",)).fetchone() != (0,):
            found.append(table)
    storage = worked_example.portal.storage
    # The records by which a restored backup is cleaned hold no address and no name.
    assert all(b"canary" not in storage.get(key).lower() for key in storage.list("erasures/"))
    return found + [key for key in storage.list() if not key.startswith("erasures/")]
