"""The access list: every endpoint with who may call it. What is not on it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType
from urllib.parse import urlencode

from flask import Flask, g, redirect, request
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed
from portal.domain.roles import Role
from portal.models.people import Person
from portal.services import people
from portal.web.context import portal_context
from portal.web.requests import caller
from portal.web.sessions import current_session


class Who(Enum):
    """Who may call an endpoint."""

    MACHINE = "machine"
    """Anybody, without a session: probes, the provider, the identity provider."""
    ANYONE = "anyone"
    EMPLOYEE = "employee"
    MANAGER = "manager"
    ADMIN = "admin"


class Stranger(StrEnum):
    """What happens to somebody who is not signed in and should be."""

    SIGNS_IN = "signs_in"
    GOES_HOME = "goes_home"
    IS_TOLD = "is_told"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How one endpoint is guarded.

    Attributes:
        prolongs: whether a call shows that a person is there; what pages fetch by themselves does not.
        stranger: what happens to somebody not signed in.
        is_plain: whether errors are answered as JSON instead of a page.
        camera: whether the page may hand the camera to the studio in its frame.
    """

    who: Who
    prolongs: bool = True
    stranger: Stranger = Stranger.SIGNS_IN
    is_plain: bool = False
    camera: bool = False


_MACHINE = Rule(who=Who.MACHINE, prolongs=False, is_plain=True)
_OPEN = Rule(who=Who.ANYONE)
_ASSET = Rule(who=Who.MACHINE, prolongs=False)
_OWN = Rule(who=Who.EMPLOYEE)
_CONSOLE = Rule(who=Who.ADMIN)
_BACKGROUND = Rule(who=Who.EMPLOYEE, prolongs=False, stranger=Stranger.IS_TOLD, is_plain=True)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "static": _ASSET,
        "brand.stylesheet": _ASSET,
        "brand.icon": _ASSET,
        "ops.alive": _MACHINE,
        "ops.ready": _MACHINE,
        "ops.metrics": _MACHINE,
        "webhooks.receive": _MACHINE,
        "pages.landing": _OPEN,
        "pages.privacy": _OPEN,
        "auth.start": _OPEN,
        "auth.login": _OPEN,
        "auth.callback": _OPEN,
        # The identity provider's own pages send people here, by a form or a link.
        "auth.initiate": Rule(who=Who.MACHINE, prolongs=False),
        "auth.backchannel_logout": _MACHINE,
        "auth.logout": Rule(who=Who.EMPLOYEE, stranger=Stranger.GOES_HOME),
        "headshots.mine": _OWN,
        "headshots.consent_form": _OWN,
        "headshots.decide": _OWN,
        "headshots.start": _OWN,
        "headshots.studio": Rule(who=Who.EMPLOYEE, camera=True),
        "headshots.status": _BACKGROUND,
        "live.events": _BACKGROUND,
        "photos.show": _BACKGROUND,
        "gallery.show": _OWN,
        "gallery.choose": _OWN,
        "overview.show": _CONSOLE,
        "deliveries.show": _CONSOLE,
        "deliveries.replay": _CONSOLE,
    }
)

_RANK = {Role.EMPLOYEE: 1, Role.OPERATOR: 1, Role.MANAGER: 2, Role.ADMIN: 3}
_NEEDED = {Who.ANYONE: 0, Who.EMPLOYEE: 1, Who.MANAGER: 2, Who.ADMIN: 3}


def init_app(app: Flask) -> None:
    """Guard every endpoint of the app."""
    app.before_request(_guard)


def rule_for(endpoint: str | None) -> Rule | None:
    """Return the rule of an endpoint, None when it is not on the list."""
    return RULES.get(endpoint or "")


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
        return None  # no such address: the router's own answer follows
    rule = rule_for(request.endpoint)
    if rule is None:
        raise NotAllowed
    if rule.who is Who.MACHINE:
        return None
    g.person = current_session().person(prolongs=rule.prolongs)
    if g.person is None:
        return None if rule.who is Who.ANYONE else _turn_away(rule)
    if _RANK[Role(g.person.role)] < _NEEDED[rule.who]:
        people.note_denied(g.person, request.endpoint, now=portal_context().clock(), caller=caller())
        raise NotAllowed
    return None


def _turn_away(rule: Rule) -> Response:
    if rule.stranger is Stranger.GOES_HOME:
        return redirect("/", 303)
    if rule.stranger is Stranger.SIGNS_IN and request.method in {"GET", "HEAD"}:
        wanted = request.full_path if request.query_string else request.path
        return redirect("/login?" + urlencode({"next": wanted}), 303)
    raise Unauthorized
