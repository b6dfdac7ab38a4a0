"""Who may do what, from the address and groups of a proved sign-in."""

from __future__ import annotations

import pytest

from portal.domain.roles import Principals, Right, Role, RoleBindings, derive_roles, get_rights

ASSIGNED = RoleBindings(
    admins=Principals(frozenset({"boss@example.com"}), frozenset({"headshot-admins"})),
    operators=Principals(frozenset({"ops@example.com"}), frozenset({"platform"})),
    managers={
        "sales": Principals(frozenset({"ann@example.com"}), frozenset({"sales-leads"})),
        "berlin": Principals(frozenset(), frozenset({"berlin-leads"})),
    },
)
PEOPLE_RIGHTS = {Right.SEE_PEOPLE, Right.MANAGE_PEOPLE, Right.MANAGE_SESSIONS, Right.SEE_AUDIT}


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
        ("ops@example.com", [], Role.OPERATOR),
        ("ada@example.com", ["platform"], Role.OPERATOR),
        ("ada@example.com", ["sales-leads"], Role.MANAGER),
        ("Ann@example.com", [], Role.MANAGER),
        ("ada@example.com", ["sales"], Role.EMPLOYEE),
    ],
)
def test_address_and_groups_make_the_role(email: str, groups: list[str], role: Role) -> None:
    assert derive_roles(email, groups, ASSIGNED).role is role


def test_without_configured_roles_everyone_is_employee() -> None:
    assert derive_roles("a@b.c", ["x"], RoleBindings()).roles == (Role.EMPLOYEE,)


def test_person_with_several_roles_is_shown_with_the_highest() -> None:
    state = derive_roles("boss@example.com", ["platform", "berlin-leads", "sales-leads"], ASSIGNED)
    assert state.roles == (Role.ADMIN, Role.OPERATOR, Role.MANAGER)
    assert state.teams == ("berlin", "sales")
    assert get_rights(state.roles) == set(Right)


def test_manager_has_the_teams_they_were_named_for_and_no_other() -> None:
    assert derive_roles("ann@example.com", ["berlin"], ASSIGNED).teams == ("sales",)


def test_operator_sees_operations_and_no_people() -> None:
    assert get_rights([Role.OPERATOR]) == {Right.SEE_OPERATIONS, Right.REPLAY}


def test_rights_of_each_role() -> None:
    assert get_rights([Role.EMPLOYEE]) == set()
    assert get_rights([Role.MANAGER]) == {Right.SEE_TEAM}
    assert get_rights([Role.ADMIN]) == PEOPLE_RIGHTS | {Right.SEE_OPERATIONS, Right.REPLAY}
