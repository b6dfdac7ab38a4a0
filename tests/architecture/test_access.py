"""The access list against the app's own map of addresses: nothing unlisted, nothing open by accident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.app import create_app
from portal.domain.roles import RIGHTS, Role
from portal.settings import Settings
from portal.web.security.access import RULES, find_rate_limit
from portal.web.security.access_rule import Access, Unauthenticated
from tests.architecture.addresses import Call, iterate_requests

# A change that makes a page public also changes this list, with the reason in the same commit.
OPEN = {
    "campaign.show_mute",
    "pages.show_landing",
    "pages.show_privacy",
    # It stores the name of a language in a cookie and leads back.
    "language.redirect_with_language",
    # They only lead on to pages that decide for themselves.
    "pages.redirect_to_start",
    "pages.redirect_to_gallery",
    "pages.redirect_to_choice",
    "auth.start",
    "auth.start_login",
    "auth.complete_login",
    "auth.show_signed_out",
    # The receipt of a person without an account; its address cannot be guessed.
    "erasure.show_receipt",
}
MACHINES = {
    "campaign.stop_mails",
    "campaign.restore_mails",
    "static",
    "brand.serve_stylesheet",
    "brand.serve_icon",
    "brand.serve_tile",
    "ops.show_liveness",
    "ops.show_readiness",
    "ops.show_metrics",
    "webhooks.receive_webhook",
    "auth.start_initiated_login",
    "auth.end_sessions_by_provider",
}

# A change that opens a page to a role also changes these.
OPERATIONS = {
    "health.show_health",
    "provider_account.download_usage",
    "provider_account.show_account",
    "provider_account.request_reading",
    "health.create_test_session",
    "health.run_checks",
    "health.request_comparison",
    "health.show_rotation",
    "deliveries.show_deliveries",
    "deliveries.show_delivery",
    "deliveries.replay_deliveries",
    "deliveries.replay_delivery",
    "link_reports.show_link_reports",
    "link_reports.resolve_report",
}
PEOPLE = {
    "board.show_board",
    "people_selection.show_confirmation",
    "person.create_note",
    "person.delete_note",
    "person.show_headshot",
    "person.serve_headshot",
    "person.show_erasure",
    "person.erase_person",
    "person.show_erasure_steps",
    "people_selection.apply_action",
    "provider_account.update_team",
    "exports.show_exports",
    "exports.create_export",
    "exports.download_export",
    "exports.download_status",
    "people.show_people",
    "people.show_person",
    "people.end_session",
    "people.end_sessions",
    "people.show_reset",
    "people.reset_session",
    "people.show_deactivation",
    "people.deactivate_person",
    "people.show_reactivation",
    "people.reactivate_person",
    "accounts.show_relink",
    "accounts.relink_person",
    "accounts.adopt_session",
    "accounts.mark_left",
    "accounts.retry_photos",
    "texts.show_texts",
    "texts.show_section",
    "texts.render_preview",
    "texts.publish_section",
    "texts.show_versions",
    "texts.show_version",
    "texts.restore_version",
    "campaigns.show_campaigns",
    "campaigns.show_new_campaign",
    "campaigns.create_campaign",
    "campaigns.show_campaign",
    "campaigns.update_campaign",
    "campaigns.show_people",
    "campaigns.start_campaign",
    "campaigns.schedule_start",
    "campaigns.cancel_start",
    "campaigns.send_test",
    "campaigns.pause_campaign",
    "campaigns.resume_campaign",
    "campaigns.show_end",
    "campaigns.end_campaign",
    "accounts.allow_attempt",
    "accounts.update_tester",
    "account_records.show_records",
    "account_records.show_session",
    "account_records.delete_session",
    "account_records.update_membership",
    "account_records.send_invite",
    "account_records.revoke_invite",
    "account_records.find_invite",
    "roster.show_roster",
    "roster.show_new_import",
    "roster.create_import",
    "roster.download_template",
    "roster_entry.show_entry",
    "roster_entry.mark_entry",
    "roster_entry.show_deletion",
    "roster_entry.delete_entry",
    "roster_import.show_import",
    "roster_import.show_progress",
    "roster_import.show_absent",
    "roster_import.download_lines",
    "roster_import.choose_columns",
    "roster_import.confirm_import",
    "roster_import.cancel_import",
    "retention.show_retention",
    "audit.show_audit",
    "audit.download_audit",
}
TEAMS = {
    "team.show_team",
    "team.download_status",
    "team_reminder.show_confirmation",
    "team_reminder.create_reminders",
}


# Pages behind sign-in that show no other person's data; views of all others are in the audit trail.
NOBODYS = {
    "retention.show_retention",
    "board.show_board",
    # The picture's own request is audited by its service; these two hold no other data.
    "person.serve_headshot",
    "person.show_headshot",
    "person.show_erasure_steps",
    "deliveries.show_deliveries",
    "roster.download_template",
    "roster_import.show_progress",
    "texts.show_texts",
    "texts.show_section",
    "texts.show_versions",
    "texts.show_version",
    "campaigns.show_campaigns",
    "campaigns.show_new_campaign",
    "campaigns.show_campaign",
    "campaigns.show_end",
    "exports.show_exports",
    "health.show_rotation",
    "provider_account.download_usage",
    "provider_account.show_account",
}


@pytest.fixture
def app(portal_settings: Callable[..., Settings]) -> Flask:
    return create_app(portal_settings())


def test_every_endpoint_is_on_the_list_and_nothing_else_is(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints - set(RULES) == set(), "add these to portal/web/security/access.py"
    assert set(RULES) - endpoints == set(), "these are gone; take them off the list"


def test_public_endpoints_are_listed_deliberately() -> None:
    assert {name for name, rule in RULES.items() if rule.access is Access.PUBLIC} == OPEN
    assert {name for name, rule in RULES.items() if rule.access is Access.MACHINE} == MACHINES


def test_console_and_teams_take_a_right_and_nothing_else_does(app: Flask) -> None:
    for call in iterate_requests(app):
        is_inside = call.path.startswith(("/admin", "/team"))
        assert is_inside == (RULES[call.endpoint].right is not None), call
        assert not is_inside or RULES[call.endpoint].access is Access.SIGNED_IN, call


@pytest.mark.parametrize(
    ("role", "reached"),
    [
        (Role.EMPLOYEE, set()),
        (Role.MANAGER, TEAMS),
        (Role.OPERATOR, OPERATIONS),
        (Role.ADMIN, OPERATIONS | PEOPLE),
    ],
)
def test_each_role_reaches_these_pages(role: Role, reached: set[str]) -> None:
    assert {name for name, rule in RULES.items() if rule.right in RIGHTS[role]} == reached


def test_views_of_personal_data_are_audited(app: Flask) -> None:
    inside = {call.endpoint for call in iterate_requests(app) if call.method == "GET" and RULES[call.endpoint].right}
    assert {endpoint for endpoint in inside if RULES[endpoint].audit_views_as is None} == NOBODYS


def test_background_requests_do_not_extend_the_session() -> None:
    for name in ("headshots.show_status", "live.stream_events", "photos.serve_rendition"):
        assert not RULES[name].extends_session
        assert RULES[name].unauthenticated is Unauthenticated.RESPOND_401


def test_unsafe_and_expensive_routes_have_a_rate_limit(app: Flask) -> None:
    for call in iterate_requests(app):
        is_people_s = RULES[call.endpoint].access is not Access.MACHINE
        if is_people_s and call.method not in {"GET", "HEAD"}:
            assert find_rate_limit(RULES[call.endpoint], call.method) is not None, call
    for name in (
        "auth.start",
        "auth.start_login",
        "auth.complete_login",
        "auth.start_initiated_login",
        "photos.serve_rendition",
        "audit.download_audit",
    ):
        assert find_rate_limit(RULES[name], "GET") is not None, name


def test_only_the_studio_delegates_camera_permission() -> None:
    assert [name for name, rule in RULES.items() if rule.camera] == ["headshots.show_studio"]


def test_anonymous_request_reaches_public_pages_only(app: Flask) -> None:
    client = app.test_client()
    for call in iterate_requests(app):
        rule = RULES[call.endpoint]
        if rule.access in {Access.PUBLIC, Access.MACHINE}:
            continue
        response = client.open(call.path, method=call.method)
        assert response.status_code == _expected(call, rule.unauthenticated), call
        if response.status_code == 303 and rule.unauthenticated is Unauthenticated.REDIRECT_TO_LOGIN:
            assert response.headers["Location"].startswith("/login?next="), call


def _expected(call: Call, unauthenticated: Unauthenticated) -> int:
    if unauthenticated is Unauthenticated.REDIRECT_HOME:
        return 303
    return 303 if unauthenticated is Unauthenticated.REDIRECT_TO_LOGIN and call.method in {"GET", "HEAD"} else 401


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
def test_endpoint_that_is_not_listed_is_refused(method: str, app: Flask) -> None:
    def unlisted(**_arguments: Any) -> str:
        return "private"

    app.add_url_rule("/forgotten", "forgotten", unlisted, methods=["GET", "POST"])
    response = app.test_client().open("/forgotten", method=method)
    assert response.status_code == 403
    assert "private" not in response.text
