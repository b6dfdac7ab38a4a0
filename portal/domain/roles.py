"""Roles, the rights each grants, and the bindings that assign roles to addresses and groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from portal.domain.email_address import normalize_lenient


class Role(StrEnum):
    """A role in the portal. A person can have several."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    ADMIN = "admin"
    OPERATOR = "operator"


class Right(StrEnum):
    """A permission beyond one's own pages. Pages require rights, never roles."""

    SEE_TEAM = "see_team"
    """See the stage of the people of one's own teams, and remind them."""
    SEE_PEOPLE = "see_people"
    """See everyone's name and stage; no photo before the person has chosen one."""
    MANAGE_PEOPLE = "manage_people"
    """Deactivate and reactivate people."""
    MANAGE_SESSIONS = "manage_sessions"
    """End other people's sessions."""
    SEE_AUDIT = "see_audit"
    """Read the audit trail."""
    SEE_OPERATIONS = "see_operations"
    """See webhooks, stuck work and provider calls, without names."""
    REPLAY = "replay"
    """Apply a stored webhook again."""


_RUNNING = frozenset({Right.SEE_OPERATIONS, Right.REPLAY})
RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.EMPLOYEE: frozenset(),
        Role.MANAGER: frozenset({Right.SEE_TEAM}),
        Role.OPERATOR: _RUNNING,
        Role.ADMIN: _RUNNING | {Right.SEE_PEOPLE, Right.MANAGE_PEOPLE, Right.MANAGE_SESSIONS, Right.SEE_AUDIT},
    }
)
# The most trusted first. The first of these that a person has is displayed and determines their session lifetime.
_BY_TRUST = (Role.ADMIN, Role.OPERATOR, Role.MANAGER)


def get_rights(roles: Iterable[str]) -> frozenset[Right]:
    """Return the union of the rights of these roles."""
    return frozenset[Right]().union(*(RIGHTS[Role(role)] for role in roles))


@dataclass(frozen=True)
class Principals:
    """Addresses, normalized by ``normalize_email``, and groups of the identity provider."""

    emails: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def includes(self, email: str, groups: Iterable[str]) -> bool:
        """Return whether a person with this address and these groups is included."""
        return normalize_lenient(email) in self.emails or not self.groups.isdisjoint(groups)


@dataclass(frozen=True, kw_only=True)
class RoleBindings:
    """The principals of each role.

    Attributes:
        managers: the managers of each team; a team is a group of the identity provider.
    """

    admins: Principals = Principals()
    operators: Principals = Principals()
    managers: Mapping[str, Principals] = field(default_factory=dict)


@dataclass(frozen=True)
class RoleAssignment:
    """The roles and teams of one person.

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


def derive_roles(email: str, groups: Iterable[str], bindings: RoleBindings) -> RoleAssignment:
    """Return the roles of a person with this verified address and these groups."""
    members = frozenset(groups)
    teams = tuple(sorted(team for team, holders in bindings.managers.items() if holders.includes(email, members)))
    is_held = {
        Role.ADMIN: bindings.admins.includes(email, members),
        Role.OPERATOR: bindings.operators.includes(email, members),
        Role.MANAGER: bool(teams),
    }
    return RoleAssignment(tuple(role for role in _BY_TRUST if is_held[role]) or (Role.EMPLOYEE,), teams)
