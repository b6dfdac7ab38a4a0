"""What an account owner sets: key, webhook, balance, name; next to the switches in one flat set of names."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox import ids, serializers
from sandbox.config import check_secret
from sandbox.core import Sandbox
from sandbox.errors import BadSettingError
from sandbox.store import keys, organization, settings
from sandbox.store.database import Connection

NAMES = ("credits", "webhook_url", "webhook_secret", "api_key", "organization_name")


def described(sandbox: Sandbox) -> dict[str, Any]:
    """Return the account; of key and secret only what may be shown later."""
    with sandbox.read() as db:
        found, key = organization.get(db), keys.current(db)
        url, secret = settings.get(db, "webhook_url"), settings.get(db, "webhook_secret")
    return {
        "brand": sandbox.brand.key,
        "organization_uid": found.uid,
        "organization_name": found.name,
        "credits": serializers.credits_out(found.credits),
        "webhook_url": url,
        "webhook_secret_set": secret is not None,
        "api_key_hint": None if key is None else key.hint,
        "public_url": sandbox.public_url,
        "now": sandbox.now(),
    }


def change(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    """Change account values and switches together, all or none.

    Raises:
        BadSettingError: a name or value is wrong.
    """
    mine = {name: changes[name] for name in NAMES if name in changes}
    rest = {name: value for name, value in changes.items() if name not in NAMES}
    checked = {name: _CHECKS[name](value) for name, value in mine.items()}
    sandbox.change_switches(rest)
    with sandbox.write() as db:
        for name, value in checked.items():
            _apply(sandbox, db, name, value)


def new_api_key(sandbox: Sandbox) -> str:
    """Replace the API key and return the new one, for the only time."""
    key = ids.api_key()
    with sandbox.write() as db:
        keys.replace(db, key, sandbox.now())
    return key


def delete_api_key(sandbox: Sandbox) -> None:
    """Have no API key; the one in force stops working at once."""
    with sandbox.write() as db:
        keys.delete(db)


def save_webhook(sandbox: Sandbox, url: str) -> str | None:
    """Set the webhook address; returns the secret when this first save made one.

    Raises:
        BadSettingError: not an http(s) address.
    """
    checked = _url(url)
    with sandbox.write() as db:
        settings.put(db, "webhook_url", checked)
        if checked is None or settings.get(db, "webhook_secret") is not None:
            return None
        return _new_secret(db)


def rotate_secret(sandbox: Sandbox) -> str:
    """Make a new webhook secret, shown this once; the old one is dead at once."""
    with sandbox.write() as db:
        return _new_secret(db)


def _new_secret(db: Connection) -> str:
    secret = ids.webhook_secret()
    settings.put(db, "webhook_secret", secret)
    return secret


def _apply(sandbox: Sandbox, db: Connection, name: str, value: Any) -> None:
    if name == "credits":
        organization.set_credits(db, value)
    elif name == "organization_name":
        organization.rename(db, value)
    elif name == "api_key":
        if value is None:
            keys.delete(db)
        else:
            keys.replace(db, value, sandbox.now())
    else:
        settings.put(db, name, value)


def _credits(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadSettingError("credits must be a number")
    number = Decimal(str(value))
    if not number.is_finite() or not 0 <= number <= 1_000_000_000 or number % Decimal("0.25"):  # noqa: PLR2004
        raise BadSettingError("credits must be zero or more, in steps of 0.25")
    return number


def _url(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise BadSettingError("webhook_url must be an http(s) address")
    return value


def _secret(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return check_secret(str(value))
    except ValueError as exc:
        raise BadSettingError(str(exc)) from exc


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadSettingError("must be a text that is not empty")
    return value.strip()


def _key(value: Any) -> str | None:
    return None if value is None else _text(value)


_CHECKS = {
    "credits": _credits,
    "webhook_url": _url,
    "webhook_secret": _secret,
    "api_key": _key,
    "organization_name": _text,
}
