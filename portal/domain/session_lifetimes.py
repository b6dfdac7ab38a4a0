"""Session lifetimes by role, which settings may change, and how long confirmed rights are valid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

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


@dataclass(frozen=True)
class SessionLifetimes:
    """The session lifetimes of all roles; the values here are the defaults of the settings.

    Attributes:
        usual: for every role except admins.
        admin: for admins.
    """

    usual: SessionLifetime = SessionLifetime(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
    admin: SessionLifetime = SessionLifetime(idle=timedelta(minutes=15), absolute=timedelta(hours=8))

    def get_lifetime(self, role: str) -> SessionLifetime:
        """Return the lifetime of the sessions of people with this role."""
        return self.admin if role == Role.ADMIN else self.usual


def is_confirmed(confirmed_at: datetime | None, now: datetime) -> bool:
    """Return whether the identity provider confirmed the rights recently enough."""
    return confirmed_at is not None and now - confirmed_at <= CONFIRMATION_LIFETIME
