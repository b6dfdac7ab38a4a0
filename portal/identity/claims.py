"""From checked claims to an Identity: what is believed of a name, an address, groups; signatures are done."""

from __future__ import annotations

import re
from typing import Any

from portal.domain.errors import SignInRefused
from portal.domain.identity import Identity

_LONGEST_NAME = 200
_LONGEST_EMAIL = 254
_MOST_GROUPS = 2000
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\]+@[^\s@<>\"(),:;\\]+")


def build_identity(claims: dict[str, Any], groups_claim: str) -> Identity:
    """Return who the claims speak of.

    Raises:
        SignInRefused: the address is no address.
    """
    return Identity(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=_parse_email(claims.get("email")),
        email_verified=_parse_verified(claims.get("email_verified")),
        name=_parse_name(claims),
        groups=_parse_groups(claims.get(groups_claim)),
        locale=_clean_line(claims.get("locale"), 35),
        session_id=_clean_line(claims.get("sid"), 255),
    )


def _parse_email(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) <= _LONGEST_EMAIL and value.isprintable() and _EMAIL.fullmatch(value):
        return value
    raise SignInRefused("email_malformed")


def _parse_verified(value: object) -> bool | None:
    # Some providers send the word instead of the value; whatever is not clearly true is not verified.
    if value is None:
        return None
    return value is True or value == "true"


def _parse_name(claims: dict[str, Any]) -> str | None:
    whole = _clean_line(claims.get("name"), _LONGEST_NAME)
    if whole:
        return whole
    parts = (_clean_line(claims.get(part), _LONGEST_NAME) for part in ("given_name", "family_name"))
    return " ".join(part for part in parts if part)[:_LONGEST_NAME] or None


def _parse_groups(value: object) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list):
        return ()
    return tuple(group for group in listed[:_MOST_GROUPS] if isinstance(group, str) and group)


def _clean_line(value: object, longest: int) -> str | None:
    if not isinstance(value, str):
        return None
    return "".join(letter for letter in value if letter.isprintable()).strip()[:longest] or None
