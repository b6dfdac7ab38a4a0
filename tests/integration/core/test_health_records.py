"""Health checks of what a running portal shows: whitelabel, refused webhooks, the age of secrets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import update

from portal.db import transaction
from portal.models import audit, health_checks, secret_ages, webhook_rejections
from portal.models.health_checks import HealthCheck
from portal.presentation.health_messages import get_check_text
from portal.services import health_monitor, health_records, retention
from portal.services.check_results import CheckFailed, CheckWarning
from tests.factories import NOW
from tests.integration.core.worked_example import WorkedExample


def create_entry(action: str, **detail: str) -> None:
    with transaction():
        audit.create_entry(action, at=NOW, **detail)


def test_whitelabel_is_shown_by_a_session_only(worked_example: WorkedExample) -> None:
    settings = worked_example.portal.settings
    with pytest.raises(CheckWarning, match="only a session shows it"):
        health_records.check_whitelabel(settings, NOW)
    create_entry("shoot.not_created", reason="FORBIDDEN")
    with pytest.raises(CheckFailed, match="switch whitelabel on"):
        health_records.check_whitelabel(settings, NOW)
    with transaction():
        audit.create_entry("shoot.created", at=NOW + timedelta(minutes=1))
    assert "proved by the session" in str(health_records.check_whitelabel(settings, NOW))


def test_refused_webhooks_of_a_day_are_counted_by_reason(worked_example: WorkedExample) -> None:
    settings = worked_example.portal.settings
    client = worked_example.app.test_client()
    assert str(health_records.check_signatures(settings, NOW)) == "no webhook was refused in 24 hours"
    wrong = {"X-ProfileBakery-Signature": "0" * 64, "X-ProfileBakery-Timestamp": "1700000000"}
    for headers in (wrong, wrong, {}):
        assert client.post("/webhooks/profilebakery", data=b"{}", headers=headers).status_code == 401
    with pytest.raises(CheckWarning, match=r"3 refused in 24 hours \(2 × wrong signature, 1 × no signature\); set"):
        health_records.check_signatures(settings, NOW)
    later = NOW + timedelta(hours=26)
    assert str(health_records.check_signatures(settings, later)) == "no webhook was refused in 24 hours"
    retention.delete_expired(worked_example.portal, now=NOW + timedelta(days=8))
    assert worked_example.query("SELECT count(*) FROM webhook_rejections") == [(0,)]


def test_old_key_is_a_reminder_until_it_is_rotated(worked_example: WorkedExample) -> None:
    settings = worked_example.portal.settings
    with transaction():
        secret_ages.store_secrets(health_records.list_fingerprints(settings), now=NOW - timedelta(days=100))
    with transaction():
        secret_ages.store_secrets(health_records.list_fingerprints(settings), now=NOW)
    assert str(health_records.check_secret_ages(settings, NOW)) == (
        "HEADSHOT_API_KEY in use for 100 days, HEADSHOT_WEBHOOK_SECRET in use for 100 days"
    )
    with pytest.raises(CheckWarning, match="rotate HEADSHOT_API_KEY, HEADSHOT_WEBHOOK_SECRET"):
        health_records.check_secret_ages(settings, NOW + timedelta(days=81))
    [(name, _fingerprint), *_] = health_records.list_fingerprints(settings)
    with transaction():
        secret_ages.store_secrets([(name, "another")], now=NOW)
    assert worked_example.query("SELECT name, fingerprint FROM secret_ages") == [(name, "another")]
    assert settings.api_key not in str(worked_example.query("SELECT * FROM secret_ages"))


def test_rejection_is_counted_in_its_hour(worked_example: WorkedExample) -> None:
    for minutes in (0, 5, 65):
        webhook_rejections.count_rejection("wrong signature", now=NOW + timedelta(minutes=minutes))
    assert worked_example.query("SELECT count FROM webhook_rejections ORDER BY hour") == [(2,), (1,)]


def test_health_page_shows_warnings_of_the_checks(worked_example: WorkedExample) -> None:
    health_monitor.run_checks(worked_example.portal)
    page = health_monitor.get_health_page(worked_example.portal)
    states = {check.component: (check.is_ok, check.is_warning) for check in page.checks}
    assert states["whitelabel"] == (True, True)
    assert states["secrets"] == (True, False)
    assert [step.key for step in page.steps if step.is_done] == ["storage"]


def test_results_are_shown_in_the_language_of_the_reader(worked_example: WorkedExample) -> None:
    health_monitor.run_checks(worked_example.portal)
    checks = health_checks.list_results()
    shown = {}
    for language in ("en", "de"):
        with force_locale(language):
            shown[language] = {check.component: get_check_text(check) for check in checks}
    assert shown["en"] == {check.component: check.text for check in checks}
    assert shown["de"]["storage"] == "geschrieben, gelesen und gelöscht"
    assert "Tagen in Gebrauch" in shown["de"]["secrets"]
    assert {name for name, text in shown["de"].items() if text == shown["en"][name]} == set()


def test_result_an_older_version_has_stored_is_shown_as_it_is(worked_example: WorkedExample) -> None:
    health_monitor.run_checks(worked_example.portal)
    with transaction() as session:
        session.execute(update(HealthCheck).values(text="written by an older version"))
    with force_locale("de"):
        assert {get_check_text(check) for check in health_checks.list_results()} == {"written by an older version"}
