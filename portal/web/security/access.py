"""The access list: the access rule of every endpoint. An endpoint that is not listed is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask, current_app, g, redirect, request
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed, Unconfirmed
from portal.domain.roles import Right
from portal.domain.session_lifetimes import is_confirmed
from portal.models.people import Person
from portal.services import people
from portal.web.context import get_context
from portal.web.observability.client_address import build_client_key
from portal.web.security.access_rule import Access, AccessRule, Unauthenticated
from portal.web.security.console_access import CONSOLE_RULES
from portal.web.security.rate_limits import RateLimit, RateLimiter, acquire_shared
from portal.web.security.sessions import get_current_session
from portal.web.security.unauthenticated import build_unauthenticated_response, get_requested_path

# A whole company may share one network address and sign in during the same hour.
_SIGN_IN_LIMIT = RateLimit("signing in", per_minute=3000)
_ACTION_LIMIT = RateLimit("acting", per_minute=60)
# One press a second is fast; a page that was offline sends its marks together.
_MARK_LIMIT = RateLimit("marking", per_minute=240)
# The largest own photo and the form around it.
_UPLOAD_BYTES = 31_000_000
# A list of people and the form around it.
_LIST_BYTES = 11_000_000
# Fast browsing of a gallery, or a dozen open tabs, stays below the fifth that each process grants alone.
_PHOTO_LIMIT = RateLimit("viewing", per_minute=3000)
_BACKGROUND_LIMIT = RateLimit("watching", per_minute=1200)
# Each download reads the whole audit trail.
_DOWNLOAD_LIMIT = RateLimit("taking away", per_minute=12)

_MACHINE = AccessRule(access=Access.MACHINE, extends_session=False, json_errors=True)
_PUBLIC = AccessRule(access=Access.PUBLIC)
_ASSET = AccessRule(access=Access.MACHINE, extends_session=False)
_SIGN_IN = AccessRule(access=Access.PUBLIC, rate_limit=_SIGN_IN_LIMIT)
_OWN = AccessRule(access=Access.SIGNED_IN)
# After a sign-in the browser arrives from the identity provider's site; the files are linked on my page.
_OWN_FILE = replace(_OWN, same_origin_only=True, redirect_page="headshots.show_my_page")
_ACT = AccessRule(access=Access.SIGNED_IN, rate_limit=_ACTION_LIMIT)
_PEOPLE = AccessRule(access=Access.SIGNED_IN, right=Right.SEE_PEOPLE, audit_views_as=Right.SEE_PEOPLE)
_SESSIONS = AccessRule(access=Access.SIGNED_IN, right=Right.MANAGE_SESSIONS)
_MANAGE_PEOPLE = AccessRule(access=Access.SIGNED_IN, right=Right.MANAGE_PEOPLE)
_ROSTER = replace(_MANAGE_PEOPLE, audit_views_as=Right.MANAGE_PEOPLE)
_OPERATIONS = AccessRule(access=Access.SIGNED_IN, right=Right.SEE_OPERATIONS)
_AUDIT = AccessRule(access=Access.SIGNED_IN, right=Right.SEE_AUDIT, audit_views_as=Right.SEE_AUDIT)
_BACKGROUND = AccessRule(
    access=Access.SIGNED_IN,
    extends_session=False,
    unauthenticated=Unauthenticated.RESPOND_401,
    json_errors=True,
    same_origin_only=True,
    rate_limit=_BACKGROUND_LIMIT,
)
_PHOTO = replace(_BACKGROUND, rate_limit=_PHOTO_LIMIT)

RULES: Mapping[str, AccessRule] = MappingProxyType(
    {
        **CONSOLE_RULES,
        "static": _ASSET,
        "brand.serve_stylesheet": _ASSET,
        "brand.serve_icon": _ASSET,
        "brand.serve_tile": _ASSET,
        "ops.show_liveness": _MACHINE,
        "ops.show_readiness": _MACHINE,
        "ops.show_metrics": _MACHINE,
        "webhooks.receive_webhook": _MACHINE,
        "pages.show_landing": _PUBLIC,
        "pages.show_privacy": _PUBLIC,
        # From the footer of this portal's own pages alone.
        "language.redirect_with_language": replace(_PUBLIC, same_origin_only=True, redirect_page="pages.show_landing"),
        "language.choose_language": _ACT,
        "pages.redirect_to_start": _PUBLIC,
        "pages.redirect_to_gallery": _PUBLIC,
        "pages.redirect_to_choice": _PUBLIC,
        "auth.start": _SIGN_IN,
        "auth.start_login": _SIGN_IN,
        "auth.complete_login": _SIGN_IN,
        "auth.show_signed_out": _PUBLIC,
        # Reached from the identity provider's pages, by a link or a form.
        "auth.start_initiated_login": AccessRule(
            access=Access.MACHINE, extends_session=False, rate_limit=_SIGN_IN_LIMIT
        ),
        "auth.end_sessions_by_provider": AccessRule(
            access=Access.MACHINE, extends_session=False, json_errors=True, rate_limit=_SIGN_IN_LIMIT
        ),
        "auth.end_session": AccessRule(access=Access.SIGNED_IN, unauthenticated=Unauthenticated.REDIRECT_HOME),
        "headshots.show_my_page": _OWN,
        "headshots.show_consent": _OWN,
        "headshots.show_not_now": _OWN,
        "headshots.update_consent": _ACT,
        "headshots.start_shoot": _ACT,
        "withdrawal.show_withdrawal": _OWN,
        "withdrawal.withdraw_consent": _ACT,
        "erasure.show_erasure": _OWN,
        "erasure.request_erasure": _ACT,
        "erasure.show_receipt": _PUBLIC,
        "headshots.show_studio": AccessRule(access=Access.SIGNED_IN, camera=True),
        "headshots.report_link": _ACT,
        "headshots.show_status": _BACKGROUND,
        "live.stream_events": _BACKGROUND,
        "photos.serve_rendition": _PHOTO,
        "gallery.show_gallery": _OWN,
        "gallery.choose_photo": _ACT,
        "gallery.retry_photos": _ACT,
        "gallery.revoke_choice": _ACT,
        "gallery.withdraw_choice": _ACT,
        "gallery.store_marks": replace(_ACT, rate_limit=_MARK_LIMIT),
        "kit.download_file": _OWN_FILE,
        "kit.create_archive": _ACT,
        "kit.download_archive": _OWN_FILE,
        "my_data.show_my_data": _OWN,
        "my_data.show_agreement": _OWN,
        "session_erasure.show_question": _OWN,
        "session_erasure.erase_session": _ACT,
        "my_data.create_export": _ACT,
        "my_data.download_export": _ACT,
        "crop.show_crop": _OWN,
        "crop.update_crop": _ACT,
        "another_attempt.show_question": _OWN,
        "another_attempt.request_attempt": _ACT,
        "own_photo.show_own_photo": _OWN,
        "own_photo.upload_photo": replace(_ACT, max_body_bytes=_UPLOAD_BYTES),
        "own_photo.delete_photo": _ACT,
        "account.show_sessions": _OWN,
        "account.end_session": _ACT,
        "account.end_other_sessions": _ACT,
        "team.show_team": AccessRule(access=Access.SIGNED_IN, right=Right.SEE_TEAM, audit_views_as=Right.SEE_TEAM),
        "people.show_person": _PEOPLE,
        "people.end_session": _SESSIONS,
        "people.end_sessions": _SESSIONS,
        "people.show_reset": replace(_MANAGE_PEOPLE, audit_views_as=Right.MANAGE_PEOPLE),
        "people.reset_session": _MANAGE_PEOPLE,
        "people.show_deactivation": replace(_MANAGE_PEOPLE, audit_views_as=Right.MANAGE_PEOPLE),
        "people.deactivate_person": _MANAGE_PEOPLE,
        "people.show_reactivation": replace(_MANAGE_PEOPLE, audit_views_as=Right.MANAGE_PEOPLE),
        "people.reactivate_person": _MANAGE_PEOPLE,
        "campaigns.show_campaigns": _MANAGE_PEOPLE,
        "campaigns.show_new_campaign": _MANAGE_PEOPLE,
        "campaigns.create_campaign": _MANAGE_PEOPLE,
        "campaigns.show_campaign": _MANAGE_PEOPLE,
        "campaigns.update_campaign": _MANAGE_PEOPLE,
        "campaigns.show_people": _ROSTER,
        "campaigns.start_campaign": _MANAGE_PEOPLE,
        "campaigns.schedule_start": _MANAGE_PEOPLE,
        "campaigns.cancel_start": _MANAGE_PEOPLE,
        "campaigns.send_test": _MANAGE_PEOPLE,
        "campaigns.pause_campaign": _MANAGE_PEOPLE,
        "campaigns.resume_campaign": _MANAGE_PEOPLE,
        "campaigns.show_end": _MANAGE_PEOPLE,
        "campaigns.end_campaign": _MANAGE_PEOPLE,
        "campaign.show_mute": replace(_PUBLIC, rate_limit=_ACTION_LIMIT),
        # Mail programs post without a session (RFC 8058); the signed address mutes one entry and nothing else.
        "campaign.stop_mails": AccessRule(access=Access.MACHINE, extends_session=False, rate_limit=_ACTION_LIMIT),
        "campaign.restore_mails": AccessRule(access=Access.MACHINE, extends_session=False, rate_limit=_ACTION_LIMIT),
        "campaign.show_join": _OWN,
        "campaign.join_campaign": _ACT,
        "roster.show_roster": _ROSTER,
        "roster.show_new_import": _ROSTER,
        "roster.create_import": replace(_MANAGE_PEOPLE, max_body_bytes=_LIST_BYTES),
        "roster.download_template": replace(_MANAGE_PEOPLE, same_origin_only=True, redirect_page="roster.show_roster"),
        "roster_entry.show_entry": _ROSTER,
        "roster_entry.mark_entry": _MANAGE_PEOPLE,
        "roster_entry.show_deletion": _ROSTER,
        "roster_entry.delete_entry": _MANAGE_PEOPLE,
        "roster_import.show_import": _ROSTER,
        "roster_import.show_progress": replace(
            _MANAGE_PEOPLE, extends_session=False, same_origin_only=True, rate_limit=_BACKGROUND_LIMIT
        ),
        "roster_import.show_absent": _ROSTER,
        "roster_import.download_lines": replace(
            _ROSTER, same_origin_only=True, redirect_page="roster.show_roster", rate_limit=_DOWNLOAD_LIMIT
        ),
        "roster_import.choose_columns": _MANAGE_PEOPLE,
        "roster_import.confirm_import": _MANAGE_PEOPLE,
        "roster_import.cancel_import": _MANAGE_PEOPLE,
        "accounts.show_relink": replace(_MANAGE_PEOPLE, audit_views_as=Right.MANAGE_PEOPLE),
        "accounts.relink_person": _MANAGE_PEOPLE,
        "accounts.adopt_session": _MANAGE_PEOPLE,
        "accounts.allow_attempt": _MANAGE_PEOPLE,
        "accounts.update_tester": _MANAGE_PEOPLE,
        "accounts.retry_photos": _MANAGE_PEOPLE,
        "accounts.mark_left": _MANAGE_PEOPLE,
        "board.show_board": replace(_PEOPLE, audit_views_as=None),
        "deliveries.show_deliveries": _OPERATIONS,
        "deliveries.show_delivery": replace(_OPERATIONS, audit_views_as=Right.SEE_PEOPLE),
        "link_reports.show_link_reports": replace(_OPERATIONS, audit_views_as=Right.SEE_PEOPLE),
        "link_reports.resolve_report": _OPERATIONS,
        "deliveries.replay_deliveries": AccessRule(access=Access.SIGNED_IN, right=Right.REPLAY),
        "deliveries.replay_delivery": AccessRule(access=Access.SIGNED_IN, right=Right.REPLAY),
        "audit.show_audit": _AUDIT,
        "retention.show_retention": replace(_AUDIT, audit_views_as=None),
        # After a sign-in the browser arrives here from the identity provider's site.
        "audit.download_audit": replace(
            _AUDIT, same_origin_only=True, redirect_page="audit.show_audit", rate_limit=_DOWNLOAD_LIMIT
        ),
    }
)

_SAFE_METHODS = frozenset({"GET", "HEAD"})


def init_app(app: Flask) -> None:
    """Guard every endpoint of the app."""
    app.extensions["rate_limiter"] = RateLimiter(acquire_shared)
    app.before_request(_check_access)


def find_rule(endpoint: str | None) -> AccessRule | None:
    """Return the rule of an endpoint, None when it is not on the list."""
    return RULES.get(endpoint or "")


def find_rate_limit(rule: AccessRule, method: str) -> RateLimit | None:
    """Return the limit for a request; every request that changes something has one."""
    if rule.rate_limit is None and rule.access is not Access.MACHINE and method not in _SAFE_METHODS:
        return _ACTION_LIMIT
    return rule.rate_limit


def get_current_person() -> Person:
    """Return the signed-in person.

    Raises:
        NotAllowed: the request has no signed-in person, which the endpoint's rule does not require.
    """
    person = g.get("person")
    if not isinstance(person, Person):
        raise NotAllowed
    return person


def _check_access() -> Response | None:
    if request.endpoint is None:
        # No route matches: the 404 page still uses the person's language.
        g.person = get_current_session().load_person(extends=False)
        return None
    rule = find_rule(request.endpoint)
    if rule is None:
        raise NotAllowed
    if rule.max_body_bytes is not None:
        request.max_content_length = rule.max_body_bytes
    if rule.access is Access.MACHINE:
        _check_rate_limit(rule)
        return None
    g.person = get_current_session().load_person(extends=rule.extends_session)
    if g.person is None and rule.access is not Access.PUBLIC:
        return build_unauthenticated_response(rule)
    _check_rate_limit(rule)
    if g.person is None:
        return None
    return None if rule.right is None else _check_right(rule, rule.right, g.person)


def _check_right(rule: AccessRule, right: Right, person: Person) -> Response | None:
    """Require the right and a recent confirmation by the identity provider; redirect to confirm if that is due."""
    now = get_context().clock()
    if right not in person.rights:
        people.record_denial(person, request.endpoint or "", now=now)
        raise NotAllowed
    row = get_current_session().row
    if row is not None and is_confirmed(row.confirmed_at, now):
        if rule.audit_views_as in person.rights:
            # Written before the page is built: without this entry there is no page.
            subject = (request.view_args or {}).get("person_id")
            subject_id = subject if isinstance(subject, UUID) else None
            people.record_view(person, request.endpoint or "", now=now, subject_id=subject_id)
        return None
    if rule.json_errors or request.method not in _SAFE_METHODS:
        raise Unconfirmed
    return redirect("/login?" + urlencode({"confirm": "1", "next": get_requested_path()}), 303)


def _check_rate_limit(rule: AccessRule) -> None:
    limit = find_rate_limit(rule, request.method)
    if limit is None:
        return
    person = g.get("person")
    client = str(person.id) if person is not None else build_client_key(request.remote_addr or "")
    rate_limiter: RateLimiter = current_app.extensions["rate_limiter"]
    rate_limiter.check(limit, client, get_context().clock())
