"""The people who can sign in to the demo; invented, at a domain that belongs to nobody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who can sign in to the demo."""

    subject: str
    name: str
    email: str
    role: str
    groups: tuple[str, ...]

    def claims(self) -> dict[str, object]:
        """Return what the identity provider says about this person."""
        given, _, family = self.name.partition(" ")
        return {
            "name": self.name,
            "given_name": given,
            "family_name": family,
            "email": self.email,
            "email_verified": True,
            "groups": list(self.groups),
        }


ADMIN = DemoPerson("demo-cleo", "Cleo Admin", "cleo@example.com", "admin", ("staff", "headshot-admins"))
MANAGER = DemoPerson("demo-mia", "Mia Manager", "mia@example.com", "manager", ("staff", "sales", "sales-leads"))
OPERATOR = DemoPerson("demo-otto", "Otto Operator", "otto@example.com", "operator", ("staff",))
TEAM = "sales"
PEOPLE = (
    DemoPerson("demo-ada", "Ada Example", "ada@example.com", "employee", ("staff", TEAM)),
    DemoPerson("demo-ben", "Ben Example", "ben@example.com", "employee", ("staff", TEAM)),
    ADMIN,
    MANAGER,
    OPERATOR,
)
