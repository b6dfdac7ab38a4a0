"""The one page: key, webhook, balance, sessions, deliveries, faults, switches as they stand now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from flask import Blueprint, render_template

from sandbox import account, switches
from sandbox.control.state import delivery_out, described
from sandbox.core import Sandbox
from sandbox.faults import ApiFault, WebhookFault
from sandbox.store import deliveries, models
from sandbox.switches import Switches

SHOWN = 50


@dataclass(frozen=True, slots=True)
class SwitchShown:
    """One switch as a form field; `choices` is empty for free values, `value` is JSON text."""

    name: str
    value: str
    choices: tuple[str, ...]
    is_default: bool


def add_routes(pages: Blueprint, sandbox: Sandbox) -> None:
    """Add the page."""

    @pages.get("/")
    def home() -> str:
        return page(sandbox)


def page(sandbox: Sandbox, once: dict[str, str] | None = None) -> str:
    """Return the page; `once` holds secrets that are shown this time only, by what they are."""
    with sandbox.read() as db:
        shown_models = [described(sandbox, db, model) for model in models.everything(db, SHOWN)]
        shown_deliveries = [delivery_out(db, item) for item in deliveries.newest(db, SHOWN)]
    return render_template(
        "sandbox/dashboard.html",
        account=account.described(sandbox),
        brand=sandbox.brand,
        once=once or {},
        models=shown_models,
        deliveries=shown_deliveries,
        requests=sandbox.request_log.summary(),
        rules=sandbox.faults.listed(),
        api_faults=get_args(ApiFault),
        webhook_faults=get_args(WebhookFault),
        switches=_switches(sandbox.switches),
    )


def _switches(now: Switches) -> list[SwitchShown]:
    values, defaults = switches.as_dict(now), switches.as_dict(Switches())
    hints = get_type_hints(Switches)
    return [
        SwitchShown(name, _text(value), _choices(hints[name]), value == defaults[name])
        for name, value in values.items()
    ]


def _choices(hint: Any) -> tuple[str, ...]:
    if hint is bool:
        return ("true", "false")
    is_words = str(get_origin(hint)) == "typing.Literal"
    return tuple(_text(word) for word in get_args(hint)) if is_words else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
