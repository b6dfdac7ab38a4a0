"""The email address that the provider gets for a session: the person's own, or a numbered variant of it."""

from __future__ import annotations

# The address itself counts as one.
_FIRST_VARIANT = 2


def get_next_number(highest: int | None) -> int:
    """Return the number of the next variant; ``highest`` is the last one that was used, None if none was."""
    return _FIRST_VARIANT if highest is None else highest + 1


def build_studio_address(email: str, number: int | None) -> str:
    """Return the address with a number after a plus sign: ``ada+2@example.com``.

    The provider allows one user for each address and names this as the way to create another one. Most mail systems
    deliver mail for a variant to the mailbox of the address.

    Args:
        email: the person's address.
        number: None for the address itself.
    """
    if number is None:
        return email
    local, _, domain = email.rpartition("@")
    return f"{local}+{number}@{domain}"


def build_probe_address(email: str, token: str) -> str:
    """Return a variant of an address that no person's session has: ``ada+check-1f3a9c02@example.com``."""
    local, _, domain = email.rpartition("@")
    return f"{local}+check-{token}@{domain}"
