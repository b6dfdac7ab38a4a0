"""Comparable forms of e-mail addresses and domains: lower case, NFC, domains as IDNA 2008 A-labels."""

from __future__ import annotations

import re
import unicodedata

import idna

_LOCAL_PART = re.compile(r"[^\s@<>\"(),:;\\]+")


def normalize_domain(text: str) -> str:
    """Return a domain as A-labels in lower case: ``Straße.example`` is ``xn--strae-oqa.example``.

    Raises:
        ValueError: it is not a domain name.
    """
    domain = text.strip().rstrip(".")
    try:
        # Non-transitional UTS 46: letter case and width are mapped, ß and joiners are kept.
        encoded = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError as error:
        raise ValueError(f"not a domain: {text!r}") from error
    if "." not in encoded and encoded != "localhost":
        raise ValueError(f"not a domain: {text!r}")
    return encoded


def normalize_email(text: str) -> str:
    """Return the form in which two spellings of one address are equal.

    Raises:
        ValueError: it is not an address.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local):
        raise ValueError(f"not an address: {text!r}")
    return f"{unicodedata.normalize('NFC', local).lower()}@{normalize_domain(domain)}"


def normalize_lenient(text: str) -> str:
    """Return :func:`normalize_email`, or the text in lower case if it is not a valid address."""
    try:
        return normalize_email(text)
    except ValueError:
        return text.strip().lower()


def get_domain(email: str) -> str:
    """Return the domain of an address in comparable form."""
    return normalize_lenient(email).rpartition("@")[2]
