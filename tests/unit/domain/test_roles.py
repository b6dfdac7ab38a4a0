"""Who may do what, from the address and groups of a proved sign-in."""

from __future__ import annotations

import pytest

from portal.domain.roles import Appointments, Holders, Right, Role, rights_of, standing_of

APPOINTED = Appointments(
    admins=Holders(frozenset({"boss@example.com"}), frozenset({"headshot-admins"})),
    operators=Holders(frozenset({"ops@example.com"}), frozenset({"platform"})),
    managers={
        "sales": Holders(frozenset({"ann@example.com"}), frozenset({"sales-leads"})),
        "berlin": Holders(frozenset(), frozenset({"berlin-leads"})),
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
    assert standing_of(email, groups, APPOINTED).role is role


def test_with_nobody_named_nobody_is_anything_more() -> None:
    assert standing_of("a@b.c", ["x"], Appointments()).roles == (Role.EMPLOYEE,)


def test_somebody_can_be_several_and_is_shown_as_the_most_trusted() -> None:
    standing = standing_of("boss@example.com", ["platform", "berlin-leads", "sales-leads"], APPOINTED)
    assert standing.roles == (Role.ADMIN, Role.OPERATOR, Role.MANAGER)
    assert standing.teams == ("berlin", "sales")
    assert rights_of(standing.roles) == set(Right)


def test_manager_has_the_teams_they_were_named_for_and_no_other() -> None:
    assert standing_of("ann@example.com", ["berlin"], APPOINTED).teams == ("sales",)


def test_operator_sees_the_machinery_and_nobody() -> None:
    assert rights_of([Role.OPERATOR]) == {Right.SEE_OPERATIONS, Right.REPLAY}


def test_rights_of_each_role() -> None:
    assert rights_of([Role.EMPLOYEE]) == set()
    assert rights_of([Role.MANAGER]) == {Right.SEE_TEAM}
    assert rights_of([Role.ADMIN]) == PEOPLE_RIGHTS | {Right.SEE_OPERATIONS, Right.REPLAY}
