"""Claims of directories in an identity: the employee number of the configured claim, and groups."""

from __future__ import annotations

import pytest

from portal.identity.claims import build_identity

CLAIMS = {"iss": "https://id.example", "sub": "alice", "email": "alice@example.com"}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("004711", "004711"),
        (4711, "4711"),
        (" 47 11 ", "47 11"),
        (True, None),
        ("", None),
        (["4711"], None),
        (None, None),
    ],
)
def test_employee_number_is_read_from_the_configured_claim(sent: object, stored: str | None) -> None:
    claims = CLAIMS | {"staff_no": sent, "employee_number": "another claim"}
    found = build_identity(claims, groups_claim="groups", email_claims=("email",), employee_claim="staff_no")
    assert found.employee_number == stored


def test_employee_number_is_not_read_without_a_configured_claim() -> None:
    claims = CLAIMS | {"employee_number": "4711", "employeeNumber": "4711"}
    assert build_identity(claims, groups_claim="groups", email_claims=("email",)).employee_number is None


def test_group_that_is_listed_twice_is_one() -> None:
    claims = CLAIMS | {"groups": ["sales", "staff", "sales"]}
    assert build_identity(claims, groups_claim="groups", email_claims=("email",)).groups == ("sales", "staff")
