"""The access list's part for the console's exports, health page and studio account, and the managers' download."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from portal.domain.roles import Right
from portal.web.security.access_rule import Access, AccessRule, Unauthenticated
from portal.web.security.rate_limits import RateLimit

# Each download reads whole tables.
_DOWNLOAD_LIMIT = RateLimit("exporting", per_minute=12)
_HEADSHOT_LIMIT = RateLimit("viewing headshots", per_minute=60)
_PREVIEW_LIMIT = RateLimit("previewing", per_minute=120)
_PEOPLE = AccessRule(access=Access.SIGNED_IN, right=Right.SEE_PEOPLE, audit_views_as=Right.SEE_PEOPLE)
_MANAGE_PEOPLE = AccessRule(access=Access.SIGNED_IN, right=Right.MANAGE_PEOPLE)
_TEAM = AccessRule(access=Access.SIGNED_IN, right=Right.SEE_TEAM)
_OPERATIONS = AccessRule(access=Access.SIGNED_IN, right=Right.SEE_OPERATIONS)

CONSOLE_RULES: Mapping[str, AccessRule] = MappingProxyType(
    {
        "health.show_health": replace(_OPERATIONS, audit_views_as=Right.SEE_PEOPLE),
        "health.run_checks": _OPERATIONS,
        "health.create_test_session": _OPERATIONS,
        "health.request_comparison": _OPERATIONS,
        "health.show_rotation": _OPERATIONS,
        # After a sign-in the browser arrives here from the identity provider's site.
        "team.download_status": AccessRule(
            access=Access.SIGNED_IN,
            right=Right.SEE_TEAM,
            audit_views_as=Right.SEE_TEAM,
            same_origin_only=True,
            redirect_page="team.show_team",
            rate_limit=_DOWNLOAD_LIMIT,
        ),
        "team_reminder.show_confirmation": replace(_TEAM, audit_views_as=Right.SEE_TEAM),
        "team_reminder.create_reminders": _TEAM,
        "people.show_people": _PEOPLE,
        "person.create_note": _MANAGE_PEOPLE,
        "person.delete_note": _MANAGE_PEOPLE,
        "person.show_headshot": replace(_PEOPLE, audit_views_as=None),
        # The service writes the audit entry that the person sees.
        "person.serve_headshot": AccessRule(
            access=Access.SIGNED_IN,
            right=Right.SEE_PEOPLE,
            extends_session=False,
            unauthenticated=Unauthenticated.RESPOND_401,
            json_errors=True,
            same_origin_only=True,
            rate_limit=_HEADSHOT_LIMIT,
        ),
        "person.show_erasure": replace(_MANAGE_PEOPLE, audit_views_as=Right.MANAGE_PEOPLE),
        "person.erase_person": _MANAGE_PEOPLE,
        "person.show_erasure_steps": _MANAGE_PEOPLE,
        "people_selection.show_confirmation": _PEOPLE,
        "people_selection.apply_action": replace(_PEOPLE, audit_views_as=None),
        "provider_account.show_account": _OPERATIONS,
        # Counts without names: not audited.
        "provider_account.download_usage": replace(
            _OPERATIONS,
            same_origin_only=True,
            redirect_page="provider_account.show_account",
            rate_limit=_DOWNLOAD_LIMIT,
        ),
        "provider_account.request_reading": _OPERATIONS,
        "provider_account.update_team": _MANAGE_PEOPLE,
        "account_records.show_records": _PEOPLE,
        "account_records.show_session": _PEOPLE,
        "account_records.delete_session": _MANAGE_PEOPLE,
        "account_records.update_membership": _MANAGE_PEOPLE,
        "account_records.send_invite": _MANAGE_PEOPLE,
        "account_records.revoke_invite": _MANAGE_PEOPLE,
        "account_records.find_invite": replace(_MANAGE_PEOPLE, audit_views_as=Right.MANAGE_PEOPLE),
        "exports.show_exports": replace(_PEOPLE, audit_views_as=None),
        "exports.create_export": _MANAGE_PEOPLE,
        "exports.download_export": replace(
            _MANAGE_PEOPLE,
            audit_views_as=Right.MANAGE_PEOPLE,
            same_origin_only=True,
            redirect_page="exports.show_exports",
            rate_limit=_DOWNLOAD_LIMIT,
        ),
        "texts.show_texts": _MANAGE_PEOPLE,
        "texts.show_section": _MANAGE_PEOPLE,
        # A script asks for it while an admin types.
        "texts.render_preview": replace(_MANAGE_PEOPLE, rate_limit=_PREVIEW_LIMIT),
        "texts.publish_section": _MANAGE_PEOPLE,
        "texts.show_versions": _MANAGE_PEOPLE,
        "texts.show_version": _MANAGE_PEOPLE,
        "texts.restore_version": _MANAGE_PEOPLE,
        "exports.download_status": replace(
            _PEOPLE, same_origin_only=True, redirect_page="people.show_people", rate_limit=_DOWNLOAD_LIMIT
        ),
    }
)
