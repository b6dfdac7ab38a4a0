"""The people who can sign in to the demo. They are fictitious, at a reserved domain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPerson:
    """A person who can sign in to the demo."""

    subject: str
    name: str
    email: str
    role: str
    groups: tuple[str, ...]

    def build_claims(self) -> dict[str, object]:
        """Build the claims of the identity provider about this person."""
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
