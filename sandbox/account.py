"""The account settings: API key, webhook URL and secret, credit balance and organization name."""

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


def describe_account(sandbox: Sandbox) -> dict[str, Any]:
    """Return the account as JSON values; of the key only a hint, of the secret only whether it is set."""
    with sandbox.read() as db:
        found, key = organization.get_organization(db), keys.find_key(db)
        url, secret = settings.get_setting(db, "webhook_url"), settings.get_setting(db, "webhook_secret")
    return {
        "brand": sandbox.brand.key,
        "organization_uid": found.uid,
        "organization_name": found.name,
        "credits": serializers.serialize_credits(found.credits),
        "webhook_url": url,
        "webhook_secret_set": secret is not None,
        "api_key_hint": None if key is None else key.hint,
        "public_url": sandbox.public_url,
        "now": sandbox.now(),
    }


def update_account(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    """Change account settings and switches by name. All are checked before any is written.

    Raises:
        BadSettingError: a name or value is wrong.
    """
    account_changes = {name: changes[name] for name in NAMES if name in changes}
    switch_changes = {name: value for name, value in changes.items() if name not in NAMES}
    checked = {name: _CHECKS[name](value) for name, value in account_changes.items()}
    sandbox.change_switches(switch_changes)
    with sandbox.write() as db:
        for name, value in checked.items():
            _apply(sandbox, db, name, value)


def create_api_key(sandbox: Sandbox) -> str:
    """Replace the API key and return the new one. It cannot be read again."""
    key = ids.generate_api_key()
    with sandbox.write() as db:
        keys.replace_key(db, key, sandbox.now())
    return key


def delete_api_key(sandbox: Sandbox) -> None:
    """Delete the API key. It stops working immediately."""
    with sandbox.write() as db:
        keys.delete_key(db)


def save_webhook(sandbox: Sandbox, url: str) -> str | None:
    """Set the webhook URL. Return the secret if this call created it, else None.

    Raises:
        BadSettingError: the URL is not http or https.
    """
    checked = _check_url(url)
    with sandbox.write() as db:
        settings.set_setting(db, "webhook_url", checked)
        if checked is None or settings.get_setting(db, "webhook_secret") is not None:
            return None
        return _create_secret(db)


def rotate_webhook_secret(sandbox: Sandbox) -> str:
    """Create a new webhook secret and return it. The previous one is invalid immediately."""
    with sandbox.write() as db:
        return _create_secret(db)


def _create_secret(db: Connection) -> str:
    secret = ids.generate_webhook_secret()
    settings.set_setting(db, "webhook_secret", secret)
    return secret


def _apply(sandbox: Sandbox, db: Connection, name: str, value: Any) -> None:
    if name == "credits":
        organization.set_credits(db, value)
    elif name == "organization_name":
        organization.rename_organization(db, value)
    elif name == "api_key":
        if value is None:
            keys.delete_key(db)
        else:
            keys.replace_key(db, value, sandbox.now())
    else:
        settings.set_setting(db, name, value)


def _check_credits(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadSettingError("credits must be a number")
    number = Decimal(str(value))
    if not number.is_finite() or not 0 <= number <= 1_000_000_000 or number % Decimal("0.25"):  # noqa: PLR2004
        raise BadSettingError("credits must be zero or more, in steps of 0.25")
    return number


def _check_url(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise BadSettingError("webhook_url must be an http(s) URL")
    return value


def _check_secret(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return check_secret(str(value))
    except ValueError as exc:
        raise BadSettingError(str(exc)) from exc


def _check_text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadSettingError("must be a non-empty string")
    return value.strip()


def _check_key(value: Any) -> str | None:
    return None if value is None else _check_text(value)


_CHECKS = {
    "credits": _check_credits,
    "webhook_url": _check_url,
    "webhook_secret": _check_secret,
    "api_key": _check_key,
    "organization_name": _check_text,
}
