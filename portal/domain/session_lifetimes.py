"""How long a sign-in lasts, and how long what it said of somebody's rights may be relied upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from portal.domain.roles import Role

# Whoever lost a group at the identity provider has lost their rights here when this has passed.
CONFIRMED_FOR = timedelta(minutes=15)


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts without a sign of life, and at most."""

    idle: timedelta
    absolute: timedelta

    def is_over(self, *, created_at: datetime, active_at: datetime, now: datetime) -> bool:
        """Return whether a session of these moments has ended by now."""
        return now >= created_at + self.absolute or now >= active_at + self.idle


_USUAL = Lifetime(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
LIFETIMES: Mapping[Role, Lifetime] = MappingProxyType(
    {
        Role.EMPLOYEE: _USUAL,
        Role.MANAGER: _USUAL,
        Role.OPERATOR: _USUAL,
        Role.ADMIN: Lifetime(idle=timedelta(minutes=15), absolute=timedelta(hours=8)),
    }
)


def is_confirmed(confirmed_at: datetime | None, now: datetime) -> bool:
    """Return whether the identity provider has spoken recently enough for its word to count."""
    return confirmed_at is not None and now - confirmed_at <= CONFIRMED_FOR
