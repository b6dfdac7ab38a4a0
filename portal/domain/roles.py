"""Who may do what: the four roles and how claims decide on them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What a person may do in the portal."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    ADMIN = "admin"
    OPERATOR = "operator"


def role_for(email: str, groups: Iterable[str], *, admin_emails: frozenset[str], admin_groups: frozenset[str]) -> Role:
    """Decide a person's role from the address and groups of the sign-in that has just been proved."""
    if email.casefold() in admin_emails or admin_groups.intersection(groups):
        return Role.ADMIN
    return Role.EMPLOYEE
