"""Fault rules: which API calls and webhook attempts fail, and how. Middleware and sender apply them."""

from __future__ import annotations

import random
import threading
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sandbox.errors import BadSettingError

ApiFault = Literal[
    "refuse",
    "delay",
    "hang",
    "rate_limited",
    "invite_limited",
    "no_credits",
    "server_error",
    "bad_gateway",
    "malformed",
    "mangled",
    "unknown_status",
    "success_false",
    "lost_answer",
    "redirect",
    "huge",
    "short_body",
    "drip",
]
WebhookFault = Literal[
    "drop",
    "delay",
    "duplicate",
    "reorder",
    "wrong_signature",
    "old_timestamp",
    "body_only",
    "without_id",
    "foreign_organization",
    "keep_timestamp",
]


class ApiRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="api", tag_field="on"):
    """A fault for API calls or photo downloads whose method and path (or template) match; * is a wildcard.

    `count` None applies it every time. `seconds` is used by delay, hang and drip, `location` by redirect.
    """

    fault: ApiFault
    method: str = "*"
    path: str = "/api/*"
    count: Annotated[int, Meta(ge=1)] | None = 1
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    seconds: Annotated[float, Meta(ge=0, le=300)] = 5.0
    location: str = "http://127.0.0.1:9/"
    seed: int = 0
    id: int = 0
    used: int = 0


class WebhookRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="webhook", tag_field="on"):
    """A fault for webhook attempts whose event name matches (* is any). `seconds` is used by delay and reorder."""

    fault: WebhookFault
    event: str = "*"
    count: Annotated[int, Meta(ge=1)] | None = 1
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    seconds: Annotated[float, Meta(ge=0, le=86_400)] = 5.0
    seed: int = 0
    id: int = 0
    used: int = 0


Rule = ApiRule | WebhookRule


class Faults:
    """The active rules. The first match applies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._chance: dict[int, random.Random] = {}
        self._last_id = 0

    def add_rule(self, values: dict[str, Any]) -> Rule:
        """Add a rule from a JSON object.

        Raises:
            BadSettingError: the object is not a valid rule.
        """
        given = {name: value for name, value in values.items() if name not in ("id", "used")}
        try:
            rule: Rule = msgspec.convert(given, Rule)
        except msgspec.ValidationError as exc:
            raise BadSettingError(str(exc)) from exc
        with self._lock:
            self._last_id += 1
            rule.id = self._last_id
            # Shown with the rule, so that a run can be repeated with the same chance.
            rule.seed = rule.seed or random.SystemRandom().randrange(1, 1 << 32)
            self._chance[rule.id] = random.Random(rule.seed)
            self._rules.append(rule)
        return rule

    def clear_rules(self) -> None:
        """Delete all rules."""
        with self._lock:
            self._rules.clear()

    def remove_rule(self, rule_id: int) -> bool:
        """Delete one rule. Return False if it does not exist."""
        with self._lock:
            before = len(self._rules)
            self._rules = [rule for rule in self._rules if rule.id != rule_id]
            return len(self._rules) < before

    def list_rules(self) -> list[dict[str, Any]]:
        """List the rules as JSON objects."""
        with self._lock:
            return [msgspec.to_builtins(rule) for rule in self._rules]

    def consume_call_rule(self, method: str, path: str, template: str) -> ApiRule | None:
        """Return the rule for this call and count its use."""
        with self._lock:
            for rule in self._rules:
                if not isinstance(rule, ApiRule) or not fnmatchcase(method, rule.method.upper()):
                    continue
                if (fnmatchcase(template, rule.path) or fnmatchcase(path, rule.path)) and self._consume(rule):
                    return rule
        return None

    def consume_webhook_rule(self, event: str, tries: int) -> WebhookRule | None:
        """Return the rule for a webhook attempt and count its use. `tries` is the number of earlier attempts."""
        with self._lock:
            for rule in self._rules:
                if not isinstance(rule, WebhookRule) or not fnmatchcase(event, rule.event):
                    continue
                fits = rule.fault != "keep_timestamp" or tries > 0
                if fits and self._consume(rule):
                    return rule
        return None

    def _consume(self, rule: Rule) -> bool:
        if rule.probability < 1 and self._chance[rule.id].random() >= rule.probability:
            return False
        rule.used += 1
        if rule.count is not None and rule.used >= rule.count:
            self._rules.remove(rule)
        return True
