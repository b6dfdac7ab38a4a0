"""Builds an Identity from verified claims: address, name, groups, locale."""

from __future__ import annotations

import re
from typing import Any

from portal.domain.errors import SignInRefused
from portal.domain.identity import Identity
from portal.domain.text import is_storable, normalize_line

MAX_NAME_CHARS = 200
MAX_EMAIL_CHARS = 254
MAX_EMPLOYEE_NUMBER_CHARS = 64
MAX_PICTURE_CHARS = 2000
MAX_GROUPS = 2000
MAX_GROUP_CHARS = 255
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\]+@[^\s@<>\"(),:;\\]+")

Claims = dict[str, Any]


def build_identity(
    claims: Claims, *, groups_claim: str, email_claims: tuple[str, ...], employee_claim: str | None = None
) -> Identity:
    """Build the identity of verified claims.

    Args:
        groups_claim: name of the claim that lists groups.
        email_claims: claims that may hold the address, in order of preference.
        employee_claim: name of the claim with the employee number.

    Raises:
        SignInRefused: the address is malformed.
    """
    email_claim = find_email_claim(claims, email_claims)
    return Identity(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=None if email_claim is None else _parse_email(claims[email_claim]),
        # The provider's statement is about the claim "email" only.
        email_verified=_parse_verified(claims.get("email_verified")) if email_claim == "email" else None,
        name=_parse_name(claims),
        groups=_parse_groups(claims.get(groups_claim)),
        has_all_groups=not has_group_overage(claims, groups_claim),
        locale=normalize_line(claims.get("locale"), 35),
        session_id=normalize_line(claims.get("sid"), 255),
        oid=normalize_line(claims.get("oid"), 255),
        preferred_username=normalize_line(claims.get("preferred_username"), 255),
        employee_number=_parse_number(claims.get(employee_claim)) if employee_claim else None,
        picture=_parse_picture(claims.get("picture")),
        zoneinfo=normalize_line(claims.get("zoneinfo"), 64),
    )


def find_email_claim(claims: Claims, names: tuple[str, ...]) -> str | None:
    """Return the first of these claims that has a value, None if there is none."""
    return next((name for name in names if claims.get(name) not in (None, "")), None)


def has_group_overage(claims: Claims, groups_claim: str) -> bool:
    """Return whether the provider left out the groups because there are too many (Entra ID: more than 200).

    Such a token has ``hasgroups`` or names the groups claim in ``_claim_names`` (OpenID Connect Core 5.6.2).
    """
    if claims.get(groups_claim) is not None:
        return False
    distributed = claims.get("_claim_names")
    return claims.get("hasgroups") in (True, "true") or (isinstance(distributed, dict) and groups_claim in distributed)


def _parse_email(value: object) -> str:
    if isinstance(value, str) and len(value) <= MAX_EMAIL_CHARS and value.isprintable() and _EMAIL.fullmatch(value):
        return value
    raise SignInRefused("email_malformed")


def _parse_verified(value: object) -> bool | None:
    # Some providers send a string. Everything that is not clearly true counts as not verified.
    if value is None:
        return None
    return value is True or value == "true"


def _parse_name(claims: Claims) -> str | None:
    whole = normalize_line(claims.get("name"), MAX_NAME_CHARS)
    if whole:
        return whole
    parts = (normalize_line(claims.get(part), MAX_NAME_CHARS) for part in ("given_name", "family_name"))
    return normalize_line(" ".join(part for part in parts if part), MAX_NAME_CHARS)


def _parse_number(value: object) -> str | None:
    """Return an employee number; some directories send it as a JSON number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return normalize_line(value, MAX_EMPLOYEE_NUMBER_CHARS)


def _parse_picture(value: object) -> str | None:
    is_url = isinstance(value, str) and value.startswith("https://") and len(value) <= MAX_PICTURE_CHARS
    return normalize_line(value, MAX_PICTURE_CHARS) if is_url else None


def _parse_groups(value: object) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list):
        return ()
    groups = (group for group in listed[:MAX_GROUPS] if isinstance(group, str) and is_storable(group))
    return tuple(dict.fromkeys(group for group in groups if 0 < len(group) <= MAX_GROUP_CHARS))
