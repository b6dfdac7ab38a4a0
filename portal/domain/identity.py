"""Who somebody is according to a sign-in that was proved; nothing about how it was proved."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One proved sign-in. The pair of issuer and subject is the person; everything else may change.

    Attributes:
        email_verified: None when the identity provider does not say.
        session_id: the identity provider's own name for this sign-in (``sid``), if it has one.
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool | None
    name: str | None
    groups: tuple[str, ...] = ()
    locale: str | None = None
    session_id: str | None = None
