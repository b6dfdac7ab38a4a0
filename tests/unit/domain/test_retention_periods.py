"""The retention periods that an operator sets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.retention import AUDIT_TRAIL, RETENTION_RULES, UNCHOSEN_PHOTOS, WEBHOOK_BODIES
from portal.domain.retention_periods import RetentionPeriods, parse_retention


def test_defaults_hold_for_what_is_not_set() -> None:
    periods = parse_retention(" unchosen = 60 ,\n audit=730;")
    assert periods[UNCHOSEN_PHOTOS] == timedelta(days=60)
    assert periods[AUDIT_TRAIL] == timedelta(days=730)
    assert periods[WEBHOOK_BODIES] == WEBHOOK_BODIES.default
    assert parse_retention("") == RetentionPeriods()


@pytest.mark.privacy("P08")
@pytest.mark.parametrize("rule", [rule for rule in RETENTION_RULES if rule.limits], ids=lambda rule: rule.key)
def test_limits_hold_at_their_edges(rule: object) -> None:
    assert rule in RETENTION_RULES
    [found] = [each for each in RETENTION_RULES if each == rule]
    assert found.limits is not None
    minimum, maximum = (limit.days for limit in found.limits)
    for days in (minimum - 1, maximum + 1):
        with pytest.raises(ValueError, match=f"{found.key} is '{days}'; it must be {minimum} to {maximum} days"):
            parse_retention(f"{found.key}={days}")
    others = ", webhooks=365" if found is WEBHOOK_BODIES else ", webhook-bodies=1" if found.key == "webhooks" else ""
    for days in (minimum, maximum):
        assert parse_retention(f"{found.key}={days}{others}")[found] == timedelta(days=days)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("photos=60", "'photos' is no period that can be set; these can: studio-uploads, unchosen"),
        ("removed-files=2", "'removed-files' is no period that can be set"),
        ("unchosen", "unchosen is ''; it must be 7 to 365 days"),
        ("unchosen=-9", "unchosen is '-9'"),
        ("unchosen=9.5", "unchosen is '9.5'"),
        ("unchosen=3, audit=1", "unchosen is '3'; it must be 7 to 365 days; audit is '1'"),
        ("webhook-bodies=60, webhooks=30", "webhook-bodies must not be longer than webhooks"),
    ],
)
def test_what_cannot_be_set_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_retention(text)
