"""The sandbox's pure parts: windows, counts, clock, switches, rules, and what its start arguments allow."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from sandbox import switches
from sandbox.clock import Clock, format_iso, parse_iso
from sandbox.config import SandboxConfig
from sandbox.errors import BadSettingError
from sandbox.faults import Faults
from sandbox.middleware import format_route
from sandbox.placeholder_pictures import render_placeholder_gallery
from sandbox.rate_limit import RateLimiter
from sandbox.request_log import LoggedRequest, RequestLog
from sandbox.switches import Switches

NOON = datetime(2026, 5, 4, 12, 0, 59, 900_000, tzinfo=UTC)


def test_window_resets_on_the_minute() -> None:
    limiter = RateLimiter()
    taken = [limiter.count_request(NOON, 2, 60) for _ in range(3)]
    assert [(each.is_allowed, each.remaining) for each in taken] == [(True, 1), (True, 0), (False, 0)]
    assert taken[0].reset == datetime(2026, 5, 4, 12, 1, tzinfo=UTC)
    assert limiter.get_window(NOON, 2, 60).remaining == 0
    assert limiter.count_request(NOON + timedelta(seconds=0.1), 2, 60).remaining == 1


def test_counts_see_a_burst_across_two_minutes() -> None:
    journal = RequestLog()
    for at in (50.0, 59.0, 61.0, 110.5, 200.0):
        journal.add(LoggedRequest(at, "GET", "/api/v2/organization", 429 if at == 61.0 else 200))
    journal.add(LoggedRequest(60.0, "GET", "/photos/:modelId", 200))
    found = journal.summarize()
    assert found["total"] == 5
    assert found["by_minute"] == {"0": 2, "60": 2, "180": 1}
    assert found["most_in_any_minute"] == 3
    assert found["most_answered_in_any_minute"] == 2
    assert journal.summarize(since=100)["total"] == 2


def test_the_clock_only_moves_forward_and_real_time_stays_real() -> None:
    clock = Clock()
    clock.advance(timedelta(days=3))
    assert timedelta(days=3) <= clock.now() - clock.real_now() + timedelta(seconds=1)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(timedelta(seconds=-1))


def test_times_are_written_with_milliseconds_and_sort() -> None:
    assert format_iso(NOON) == "2026-05-04T12:00:59.900Z"
    assert parse_iso(format_iso(NOON)) == NOON
    assert format_iso(NOON) < format_iso(NOON + timedelta(milliseconds=100))


def test_the_defaults_are_the_documented_behavior() -> None:
    plain = switches.export_switches(Switches())
    assert plain["webhook_retry_minutes"] == (0, 0, 5, 15, 60)
    assert (plain["rate_limit"], plain["rate_window_seconds"]) == (300, 60)
    assert (plain["envelope"], plain["duplicate_email"], plain["photo_url_hours"]) == ("top", "refuse", 24)
    total = plain["waiting_seconds"] + plain["pending_seconds"] + plain["generating_seconds"]
    assert total == 3600


@pytest.mark.parametrize(
    "changes",
    [
        {"speed": 0},
        {"speed": "fast"},
        {"unknown": 1},
        {"envelope": "bag"},
        {"shoot_cost": 0.3},
        {"webhook_retry_minutes": [-1]},
        {"rate_limit": 0},
    ],
)
def test_switches_refuse_nonsense(changes: dict[str, object]) -> None:
    with pytest.raises(BadSettingError):
        switches.update_switches(Switches(), changes)


def test_rules_are_used_up_in_order() -> None:
    faults = Faults()
    faults.add_rule({"on": "webhook", "fault": "keep_timestamp"})
    faults.add_rule({"on": "webhook", "fault": "drop", "event": "model.d*", "id": 99, "used": 5})
    assert [rule["id"] for rule in faults.list_rules()] == [1, 2]
    assert faults.consume_webhook_rule("model.created", 0) is None
    dropped = faults.consume_webhook_rule("model.deleted", 0)
    assert dropped is not None
    assert dropped.fault == "drop"
    kept = faults.consume_webhook_rule("model.created", 1)
    assert kept is not None
    assert kept.fault == "keep_timestamp"
    assert faults.list_rules() == []
    assert not faults.remove_rule(1)


def test_templates_are_written_as_in_the_documents() -> None:
    assert format_route("/o/models/<model_id>/photos/<photo_id:photo_id>") == "/o/models/:modelId/photos/:photoId"
    assert format_route("/photos/<size>.jpg") == "/photos/:size.jpg"


@pytest.mark.parametrize(
    "wrong", [{"brand": "other"}, {"webhook_secret": "g" * 64}, {"credits": Decimal(-1)}, {"credits": Decimal("0.1")}]
)
def test_start_arguments_are_checked(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"brand|secret|credits"):
        SandboxConfig(data_dir=tmp_path, **wrong)  # type: ignore[arg-type]


def test_plain_pictures_are_jpegs_in_three_sizes() -> None:
    made = list(render_placeholder_gallery(13))
    assert made[0] == made[12] != made[1]
    widths = [Image.open(io.BytesIO(data), formats=["JPEG"]).width for data in (made[0].thumbnail, made[0].main)]
    assert widths == [160, 512]
