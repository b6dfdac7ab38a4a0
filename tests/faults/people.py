"""A person's journey through the portal, driven by the fault tests."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Participant:
    """One person with one open shoot."""

    person_id: UUID
    shoot_id: UUID
    email: str
    cookie: str
