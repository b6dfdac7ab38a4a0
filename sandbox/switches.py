"""The switches: settings that can change while the sandbox runs. Defaults are the documented behavior."""

from __future__ import annotations

import random
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sandbox.errors import BadSettingError

Seconds = Annotated[float, Meta(ge=0, le=31_536_000)]
Count = Annotated[int, Meta(ge=0, le=100_000)]


class Switches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The switches. docs/sandbox.md describes each and marks undocumented assumptions."""

    speed: Annotated[float, Meta(gt=0, le=1_000_000)] = 1.0
    whitelabel: bool = True
    envelope: Literal["top", "data"] = "top"
    duplicate_email: Literal["refuse", "reuse", "new"] = "refuse"
    duplicate_after_delete: Literal["refuse", "allow"] = "refuse"
    taken_emails: tuple[str, ...] = ()
    create_needs_credit: bool = True
    deleted_models: Literal["not_found", "visible"] = "not_found"
    generating_spelling: Literal["generatingHeadshots", "generating", "generating-headshots"] = "generatingHeadshots"
    shoot_cost: Annotated[float, Meta(ge=0.25, le=1, multiple_of=0.25)] = 1
    rate_limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 300
    rate_window_seconds: Annotated[int, Meta(ge=1, le=3600)] = 60
    waiting_seconds: Seconds = 600
    pending_seconds: Seconds = 2100
    generating_seconds: Seconds = 900
    failed_seconds: Seconds = 300
    development_seconds: Seconds = 180
    one_shot_skips_training: bool = False
    gallery_size: Count = 40
    pictures: Literal["studio", "plain"] = "studio"
    signed_url_ttl_seconds: Seconds = 0
    session_ends_with_onboarding: bool = False
    frame_refused: bool = False
    studio_needs_cookies: bool = False
    photo_url_hours: Annotated[float, Meta(gt=0, le=8760)] = 24
    expired_photo_status: Literal[403, 404, 410] = 403
    expired_invites: Literal["duplicate", "resend"] = "duplicate"
    webhook_signature: Literal["timestamped", "body"] = "timestamped"
    webhook_key: Literal["text", "hex"] = "text"
    webhook_ids: bool = True
    webhook_retry_minutes: tuple[Annotated[float, Meta(ge=0, le=10_080)], ...] = (0, 0, 5, 15, 60)
    webhook_timeout_seconds: Annotated[float, Meta(gt=0, le=120)] = 10
    webhook_resign_retries: bool = True
    webhook_order: Literal["kept", "shuffled"] = "kept"
    webhook_order_seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    favorite_event: Literal["photo", "bare"] = "photo"


def update_switches(switches: Switches, changes: dict[str, Any]) -> Switches:
    """Return the switches with changes applied by name; shuffled webhooks without a seed get one.

    Raises:
        BadSettingError: a name is unknown or a value is invalid.
    """
    try:
        changed = msgspec.convert(msgspec.to_builtins(switches) | changes, Switches)
    except msgspec.ValidationError as exc:
        raise BadSettingError(str(exc)) from exc
    if changed.webhook_order == "shuffled" and changed.webhook_order_seed == 0:
        # Shown with the switches and logged, so that a run can be repeated with the same chance.
        return msgspec.structs.replace(changed, webhook_order_seed=random.SystemRandom().randrange(1, 1 << 32))
    return changed


def export_switches(switches: Switches) -> dict[str, Any]:
    """Return the switches as JSON values."""
    values: dict[str, Any] = msgspec.to_builtins(switches)
    return values
