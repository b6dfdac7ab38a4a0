"""Who may do what, from the address and groups of a proved sign-in."""

from __future__ import annotations

import pytest

from portal.domain.roles import Role, role_for


@pytest.mark.parametrize(
    ("email", "groups", "role"),
    [
        ("ada@example.com", [], Role.EMPLOYEE),
        ("boss@example.com", [], Role.ADMIN),
        ("BOSS@Example.com", [], Role.ADMIN),
        ("ada@example.com", ["staff", "headshot-admins"], Role.ADMIN),
        ("ada@example.com", ["Headshot-Admins"], Role.EMPLOYEE),
        ("boss@example.com.evil.example", [], Role.EMPLOYEE),
        ("", [""], Role.EMPLOYEE),
    ],
)
def test_roles(email: str, groups: list[str], role: Role) -> None:
    admins = frozenset({"boss@example.com"})
    assert role_for(email, groups, admin_emails=admins, admin_groups=frozenset({"headshot-admins"})) is role


def test_with_nobody_named_nobody_is_admin() -> None:
    assert role_for("a@b.c", ["x"], admin_emails=frozenset(), admin_groups=frozenset()) is Role.EMPLOYEE
