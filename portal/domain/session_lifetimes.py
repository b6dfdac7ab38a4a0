"""Session lifetimes by role, and how long confirmed rights are valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from portal.domain.roles import Role

# A group removed at the identity provider loses its rights here within this time.
CONFIRMATION_LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True)
class SessionLifetime:
    """Idle and absolute lifetime of a session."""

    idle: timedelta
    absolute: timedelta

    def is_expired(self, *, created_at: datetime, active_at: datetime, now: datetime) -> bool:
        """Return whether a session with these times has expired at ``now``."""
        return now >= created_at + self.absolute or now >= active_at + self.idle


_USUAL = SessionLifetime(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
LIFETIMES: Mapping[Role, SessionLifetime] = MappingProxyType(
    {
        Role.EMPLOYEE: _USUAL,
        Role.MANAGER: _USUAL,
        Role.OPERATOR: _USUAL,
        Role.ADMIN: SessionLifetime(idle=timedelta(minutes=15), absolute=timedelta(hours=8)),
    }
)


def is_confirmed(confirmed_at: datetime | None, now: datetime) -> bool:
    """Return whether the identity provider confirmed the rights recently enough."""
    return confirmed_at is not None and now - confirmed_at <= CONFIRMATION_LIFETIME
