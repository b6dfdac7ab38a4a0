"""Who may do what: the roles, the rights each of them brings, and whom a deployment appoints to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a person is in the portal. One person can be several."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    ADMIN = "admin"
    OPERATOR = "operator"


class Right(StrEnum):
    """Something not everybody may do. Pages ask for a right, never for a role."""

    SEE_TEAM = "see_team"
    """Where the people of one's own teams stand, and nothing more of them."""
    SEE_PEOPLE = "see_people"
    """Everybody by name, and where they stand; no face before its owner has chosen."""
    MANAGE_PEOPLE = "manage_people"
    """Keep somebody out, and let them in again."""
    MANAGE_SESSIONS = "manage_sessions"
    """End other people's sign-ins."""
    SEE_AUDIT = "see_audit"
    """Who did what to whom."""
    SEE_OPERATIONS = "see_operations"
    """How the machinery runs: webhooks, what is stuck, calls to the provider; nobody's name."""
    REPLAY = "replay"
    """Have a webhook applied again."""


_RUNNING = frozenset({Right.SEE_OPERATIONS, Right.REPLAY})
RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.EMPLOYEE: frozenset(),
        Role.MANAGER: frozenset({Right.SEE_TEAM}),
        Role.OPERATOR: _RUNNING,
        Role.ADMIN: _RUNNING | {Right.SEE_PEOPLE, Right.MANAGE_PEOPLE, Right.MANAGE_SESSIONS, Right.SEE_AUDIT},
    }
)
# The first of these that somebody is, is what they are shown as and how long their sessions last.
_MOST_TRUSTED_FIRST = (Role.ADMIN, Role.OPERATOR, Role.MANAGER)


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """Return everything that these roles together allow."""
    return frozenset[Right]().union(*(RIGHTS[Role(role)] for role in roles))


@dataclass(frozen=True)
class Holders:
    """Whom a deployment names for something: addresses, in lower case, and groups of the identity provider."""

    emails: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def include(self, email: str, groups: Iterable[str]) -> bool:
        """Return whether somebody with this address and these groups is meant."""
        return email.casefold() in self.emails or not self.groups.isdisjoint(groups)


@dataclass(frozen=True, kw_only=True)
class Appointments:
    """Who holds which role.

    Attributes:
        managers: who manages each team; a team is a group of the identity provider.
    """

    admins: Holders = Holders()
    operators: Holders = Holders()
    managers: Mapping[str, Holders] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """What somebody is.

    Attributes:
        roles: the most trusted first, never empty.
        teams: the teams they manage, in alphabetical order.
    """

    roles: tuple[Role, ...]
    teams: tuple[str, ...] = ()

    @property
    def role(self) -> Role:
        """The most trusted one, for display."""
        return self.roles[0]


def standing_of(email: str, groups: Iterable[str], appointed: Appointments) -> Standing:
    """Decide what a person is from the address and groups of the sign-in that has just been proved."""
    theirs = frozenset(groups)
    teams = tuple(sorted(team for team, holders in appointed.managers.items() if holders.include(email, theirs)))
    is_held = {
        Role.ADMIN: appointed.admins.include(email, theirs),
        Role.OPERATOR: appointed.operators.include(email, theirs),
        Role.MANAGER: bool(teams),
    }
    return Standing(tuple(role for role in _MOST_TRUSTED_FIRST if is_held[role]) or (Role.EMPLOYEE,), teams)
