"""The access list: every endpoint with who may call it. What is not on it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, StrEnum
from types import MappingProxyType
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask, current_app, g, redirect, request
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed, Unconfirmed
from portal.domain.roles import Right
from portal.domain.session_lifetimes import is_confirmed
from portal.models.people import Person
from portal.services import people
from portal.web.context import portal_context
from portal.web.observability.request_id import origin_of
from portal.web.security.rate_limits import Limit, Throttle, shared_count
from portal.web.security.sessions import current_session


class Who(Enum):
    """Who may call an endpoint."""

    MACHINE = "machine"
    """Anybody, without a session: probes, the provider, the identity provider."""
    ANYONE = "anyone"
    EMPLOYEE = "employee"
    """Whoever is signed in and has the right the rule asks for."""


class Stranger(StrEnum):
    """What happens to somebody who is not signed in and should be."""

    SIGNS_IN = "signs_in"
    GOES_HOME = "goes_home"
    IS_TOLD = "is_told"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How one endpoint is guarded.

    Attributes:
        right: what its caller must be allowed to do, None where being signed in is enough.
        noted_for: whoever has this right is shown other people's data, so the audit trail says that they looked.
        prolongs: whether a call shows that a person is there; what pages fetch by themselves does not.
        stranger: what happens to somebody not signed in.
        is_plain: whether errors are answered as JSON instead of a page.
        camera: whether the page may hand the camera to the studio in its frame.
        from_here: whether only this portal's own pages may have a browser load it.
        page: where somebody is led who comes to a file from elsewhere; None refuses them.
        limit: how often one person, or one address of strangers, may call it; changes always have one.
    """

    who: Who
    right: Right | None = None
    noted_for: Right | None = None
    prolongs: bool = True
    stranger: Stranger = Stranger.SIGNS_IN
    is_plain: bool = False
    camera: bool = False
    from_here: bool = False
    page: str | None = None
    limit: Limit | None = None


# A whole company may sit behind one address and come at the same hour; this only stops a flood.
_SIGNING_IN = Limit("signing in", per_minute=3000)
_ACTING = Limit("acting", per_minute=60)
# Somebody who races through a gallery, or has a dozen tabs open, stays far below their own process's fifth.
_VIEWING = Limit("viewing", per_minute=3000)
_WATCHING = Limit("watching", per_minute=1200)
# A file of everything is read from beginning to end each time.
_TAKING_AWAY = Limit("taking away", per_minute=12)

_MACHINE = Rule(who=Who.MACHINE, prolongs=False, is_plain=True)
_OPEN = Rule(who=Who.ANYONE)
_ASSET = Rule(who=Who.MACHINE, prolongs=False)
_SIGN_IN = Rule(who=Who.ANYONE, limit=_SIGNING_IN)
_OWN = Rule(who=Who.EMPLOYEE)
_ACT = Rule(who=Who.EMPLOYEE, limit=_ACTING)
_PEOPLE = Rule(who=Who.EMPLOYEE, right=Right.SEE_PEOPLE, noted_for=Right.SEE_PEOPLE)
_SESSIONS = Rule(who=Who.EMPLOYEE, right=Right.MANAGE_SESSIONS)
_ADMISSION = Rule(who=Who.EMPLOYEE, right=Right.MANAGE_PEOPLE)
_OPERATIONS = Rule(who=Who.EMPLOYEE, right=Right.SEE_OPERATIONS)
_AUDIT = Rule(who=Who.EMPLOYEE, right=Right.SEE_AUDIT, noted_for=Right.SEE_AUDIT)
_BACKGROUND = Rule(
    who=Who.EMPLOYEE, prolongs=False, stranger=Stranger.IS_TOLD, is_plain=True, from_here=True, limit=_WATCHING
)
_PHOTO = replace(_BACKGROUND, limit=_VIEWING)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "static": _ASSET,
        "brand.stylesheet": _ASSET,
        "brand.icon": _ASSET,
        "brand.launcher_tile": _ASSET,
        "ops.alive": _MACHINE,
        "ops.ready": _MACHINE,
        "ops.metrics": _MACHINE,
        "webhooks.receive": _MACHINE,
        "pages.landing": _OPEN,
        "pages.privacy": _OPEN,
        "pages.resume": _OPEN,
        "pages.gallery": _OPEN,
        "pages.choose": _OPEN,
        "auth.start": _SIGN_IN,
        "auth.login": _SIGN_IN,
        "auth.callback": _SIGN_IN,
        # The identity provider's own pages send people here, by a form or a link.
        "auth.initiate": Rule(who=Who.MACHINE, prolongs=False, limit=_SIGNING_IN),
        "auth.backchannel_logout": Rule(who=Who.MACHINE, prolongs=False, is_plain=True, limit=_SIGNING_IN),
        "auth.logout": Rule(who=Who.EMPLOYEE, stranger=Stranger.GOES_HOME),
        "headshots.mine": _OWN,
        "headshots.consent_form": _OWN,
        "headshots.decide": _ACT,
        "headshots.start": _ACT,
        "headshots.studio": Rule(who=Who.EMPLOYEE, camera=True),
        "headshots.report_link": _ACT,
        "headshots.status": _BACKGROUND,
        "live.events": _BACKGROUND,
        "photos.show": _PHOTO,
        "gallery.show": _OWN,
        "gallery.choose": _ACT,
        "account.show_sessions": _OWN,
        "account.end_session": _ACT,
        "account.end_other_sessions": _ACT,
        "team.show": Rule(who=Who.EMPLOYEE, right=Right.SEE_TEAM, noted_for=Right.SEE_TEAM),
        "people.show_all": _PEOPLE,
        "people.show_one": _PEOPLE,
        "people.end_session": _SESSIONS,
        "people.end_sessions": _SESSIONS,
        "people.ask_deactivate": replace(_ADMISSION, noted_for=Right.MANAGE_PEOPLE),
        "people.deactivate": _ADMISSION,
        "people.ask_reactivate": replace(_ADMISSION, noted_for=Right.MANAGE_PEOPLE),
        "people.reactivate": _ADMISSION,
        "overview.show": replace(_OPERATIONS, noted_for=Right.SEE_PEOPLE),
        "deliveries.show": _OPERATIONS,
        "links.show": replace(_OPERATIONS, noted_for=Right.SEE_PEOPLE),
        "links.done": _OPERATIONS,
        "deliveries.replay": Rule(who=Who.EMPLOYEE, right=Right.REPLAY),
        "audit.show": _AUDIT,
        # Signing in leads back here from the identity provider, which is elsewhere too.
        "audit.download": replace(_AUDIT, from_here=True, page="audit.show", limit=_TAKING_AWAY),
    }
)

_LOOKING = frozenset({"GET", "HEAD"})


def init_app(app: Flask) -> None:
    """Guard every endpoint of the app."""
    app.extensions["throttle"] = Throttle(shared_count)
    app.before_request(_guard)


def rule_for(endpoint: str | None) -> Rule | None:
    """Return the rule of an endpoint, None when it is not on the list."""
    return RULES.get(endpoint or "")


def limit_for(rule: Rule, method: str) -> Limit | None:
    """Return how often somebody may call; whatever changes something has a limit, also where nobody thought of one."""
    if rule.limit is None and rule.who is not Who.MACHINE and method not in _LOOKING:
        return _ACTING
    return rule.limit


def current_person() -> Person:
    """Return who is signed in.

    Raises:
        NotAllowed: nobody is; an endpoint on the list for anyone asked for somebody.
    """
    person = g.get("person")
    if not isinstance(person, Person):
        raise NotAllowed
    return person


def _guard() -> Response | None:
    if request.endpoint is None:
        # No such address: the router's own answer follows, in the language of whoever is here.
        g.person = current_session().person(prolongs=False)
        return None
    rule = rule_for(request.endpoint)
    if rule is None:
        raise NotAllowed
    if rule.who is Who.MACHINE:
        _count(rule)
        return None
    g.person = current_session().person(prolongs=rule.prolongs)
    if g.person is None and rule.who is not Who.ANYONE:
        return _turn_away(rule)
    _count(rule)
    if g.person is None:
        return None
    return None if rule.right is None else _check_right(rule, rule.right, g.person)


def _check_right(rule: Rule, right: Right, person: Person) -> Response | None:
    """Let through who has the right by a recent word of the identity provider, or have it ask again."""
    now = portal_context().clock()
    if right not in person.rights:
        people.note_denied(person, request.endpoint or "", now=now)
        raise NotAllowed
    row = current_session().row
    if row is not None and is_confirmed(row.confirmed_at, now):
        if rule.noted_for in person.rights:
            # Before they see it: without this entry there is no page.
            _note_view(person, now)
        return None
    if rule.is_plain or request.method not in _LOOKING:
        raise Unconfirmed
    return redirect("/login?" + urlencode({"confirm": "1", "next": _wanted()}), 303)


def _note_view(person: Person, now: datetime) -> None:
    # Where an address names one person, this is how its part is called.
    whom = (request.view_args or {}).get("person_id")
    people.note_view(person, request.endpoint or "", now=now, subject_id=whom if isinstance(whom, UUID) else None)


def _wanted() -> str:
    return request.full_path if request.query_string else request.path


def _count(rule: Rule) -> None:
    limit = limit_for(rule, request.method)
    if limit is None:
        return
    person = g.get("person")
    who = str(person.id) if person is not None else origin_of(request.remote_addr or "")
    throttle: Throttle = current_app.extensions["throttle"]
    throttle.count(limit, who, portal_context().clock())


def _turn_away(rule: Rule) -> Response:
    if rule.stranger is Stranger.GOES_HOME:
        return redirect("/", 303)
    if rule.stranger is Stranger.SIGNS_IN and request.method in _LOOKING:
        return redirect("/login?" + urlencode({"next": _wanted()}), 303)
    raise Unauthorized
