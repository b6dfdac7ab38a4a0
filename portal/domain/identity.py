"""The verified claims of one sign-in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A verified identity. Issuer and subject identify the person; everything else may change.

    Attributes:
        email_verified: None if the identity provider does not send the claim.
        has_all_groups: False if the identity provider left groups out because there are too many.
        oid: the object id in Entra ID, where the subject is different for each application.
        picture: https URL of the picture in the directory.
        zoneinfo: IANA time zone.
        session_id: the identity provider's ``sid`` claim, None if it does not send one.
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool | None
    name: str | None
    groups: tuple[str, ...] = ()
    has_all_groups: bool = True
    locale: str | None = None
    session_id: str | None = None
    oid: str | None = None
    preferred_username: str | None = None
    employee_number: str | None = None
    picture: str | None = None
    zoneinfo: str | None = None
