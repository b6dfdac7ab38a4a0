"""The dashboard page: key, webhook, credits, sessions, deliveries, faults and switches."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from flask import Blueprint, render_template

from sandbox import account, switches
from sandbox.control.state import describe_model, serialize_delivery
from sandbox.core import Sandbox
from sandbox.faults import ApiFault, WebhookFault
from sandbox.store import deliveries, models
from sandbox.switches import Switches

MAX_LISTED = 50


@dataclass(frozen=True, slots=True)
class SwitchField:
    """One switch as a form field. `choices` is empty for free values, `value` is JSON."""

    name: str
    value: str
    choices: tuple[str, ...]
    is_default: bool


def add_routes(pages: Blueprint, sandbox: Sandbox) -> None:
    """Add the page."""

    @pages.get("/")
    def home() -> str:
        return render_page(sandbox)


def render_page(sandbox: Sandbox, once: dict[str, str] | None = None) -> str:
    """Render the page. `once` maps labels to secrets that are shown only this time."""
    with sandbox.read() as db:
        shown_models = [describe_model(sandbox, db, model) for model in models.list_newest(db, MAX_LISTED)]
        shown_deliveries = [serialize_delivery(db, item) for item in deliveries.list_newest(db, MAX_LISTED)]
    return render_template(
        "sandbox/dashboard.html",
        account=account.describe_account(sandbox),
        brand=sandbox.brand,
        once=once or {},
        models=shown_models,
        deliveries=shown_deliveries,
        requests=sandbox.request_log.summarize(),
        rules=sandbox.faults.list_rules(),
        api_faults=get_args(ApiFault),
        webhook_faults=get_args(WebhookFault),
        switches=_build_switch_fields(sandbox.switches),
    )


def _build_switch_fields(current: Switches) -> list[SwitchField]:
    values, defaults = switches.export_switches(current), switches.export_switches(Switches())
    hints = get_type_hints(Switches)
    return [
        SwitchField(name, _format_value(value), _list_choices(hints[name]), value == defaults[name])
        for name, value in values.items()
    ]


def _list_choices(hint: Any) -> tuple[str, ...]:
    if hint is bool:
        return ("true", "false")
    is_literal = str(get_origin(hint)) == "typing.Literal"
    return tuple(_format_value(choice) for choice in get_args(hint)) if is_literal else ()


def _format_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
