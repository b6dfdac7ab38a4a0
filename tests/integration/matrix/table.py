"""Every address of the portal and what each kind of caller gets there, written by hand.

It repeats on purpose what `portal/web/security/access.py` decides, from the outside and in statuses: a slip in the
access list shows here. A new route fails `test_every_route_is_in_the_table` until it has its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from flask import Flask

from tests.integration.matrix.database_dump import AUDITED

ANONYMOUS = "anonymous"
ROLES = ("employee", "manager", "operator", "admin")
ACTORS = (ANONYMOUS, *ROLES)

MEMBERS = frozenset(ROLES)
OPERATORS = frozenset({"operator", "admin"})
ADMINS = frozenset({"admin"})
MANAGERS = frozenset({"manager"})

# The second employee, whom the console's pages are about.
OTHER = "other"

# The response without a session.
TO_LOGIN = "to the sign-in"
TO_START = "to the landing page"
UNAUTHORIZED = 401


class Kind(Enum):
    """What an address responds with."""

    PAGE = "page"
    """HTML for people; never stored by a browser."""
    FETCHED = "fetched"
    """What pages fetch by themselves: a fragment, a stream, a picture; asked again each time."""
    DOWNLOAD = "download"
    """A file of one's own that is saved, never shown: neither a page nor a fragment; nobody keeps it on the way."""
    ASSET = "asset"
    """The same for everybody; may be kept."""
    MACHINE = "machine"
    """For other servers: no cookie is read or set, no page answered."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One method on one address.

    Attributes:
        roles: the roles that get ``status``; other signed-in people get 403.
        status: what they get for a submit call; a mapping where roles differ.
        anonymous: the response without a session: a status, or the address of a redirect.
        form: the fields of a submit form; a value in braces is filled in from the caller's own ids.
        query: the same for the query of an address.
        no_token: why an unsafe call needs no form token; empty where it needs one.
        about: whose ids the address names; empty where they are the caller's own.
        may_touch: tables (or columns) that a read may change, and no others.
        after: keys of the rows that have to be carried out first, by a caller who starts anew.
    """

    roles: frozenset[str]
    status: int
    anonymous: int | str
    kind: Kind = Kind.PAGE
    form: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    no_token: str = ""
    about: str = ""
    may_touch: frozenset[str] = frozenset()
    after: tuple[str, ...] = ()


def open_page(status: int = 200, *, anonymous: int | None = None, **more: object) -> Row:
    """A public page; ``anonymous`` where the response without a session differs."""
    return Row(roles=MEMBERS, status=status, anonymous=status if anonymous is None else anonymous, **more)  # type: ignore[arg-type]


def page(roles: frozenset[str] = MEMBERS, status: int = 200, **more: object) -> Row:
    """A page for signed-in people; others sign in first."""
    return Row(roles=roles, status=status, anonymous=TO_LOGIN, **more)  # type: ignore[arg-type]


def console(roles: frozenset[str], **more: object) -> Row:
    """A page about other people or operations; views of it may be audited."""
    return page(roles, may_touch=AUDITED, **more)


def act(roles: frozenset[str] = MEMBERS, status: int = 303, **more: object) -> Row:
    """A form of a page: it changes something and leads on."""
    return Row(roles=roles, status=status, anonymous=more.pop("anonymous", UNAUTHORIZED), **more)  # type: ignore[arg-type]


def fetched(roles: frozenset[str] = MEMBERS, **more: object) -> Row:
    """A request a page makes by itself; without a session it is refused, not redirected."""
    return Row(roles=roles, status=200, anonymous=UNAUTHORIZED, kind=Kind.FETCHED, **more)  # type: ignore[arg-type]


def download(*, may_touch: frozenset[str] = frozenset()) -> Row:
    """A file for its owner alone; people without a session sign in first."""
    return page(kind=Kind.DOWNLOAD, may_touch=may_touch)


def machine(status: int, **more: object) -> Row:
    """For a server; who is signed in makes no difference."""
    return Row(roles=MEMBERS, status=status, anonymous=status, kind=more.pop("kind", Kind.MACHINE), **more)  # type: ignore[arg-type]


_ATTEMPT = frozenset({"sign_in_attempts"})
_AUDITED = AUDITED
_OPENED = AUDITED | {"shoots.opened_at", "shoots.last_opened_at"}
_DOWNLOADED = frozenset({"archives.downloaded_at"})
_INITIATE = {"iss": "{issuer}"}

# Acts stand in an order in which one person can do them all.
# Each decision about a campaign makes another version of it.
_CAMPAIGN = tuple(f"POST /admin/campaigns/<campaign_id>{step}" for step in ("", "/start", "/pause", "/resume"))

TABLE: Mapping[str, Row] = {
    "GET /static/<version>/<path:filename>": machine(200, kind=Kind.ASSET),
    "GET /brand.css": machine(200, kind=Kind.ASSET),
    "GET /icons/<name>.svg": machine(200, kind=Kind.ASSET),
    "GET /brand/tile.png": machine(200, kind=Kind.ASSET),
    "GET /healthz": machine(200),
    "GET /readyz": machine(200),
    # No actor has the monitoring's token.
    "GET /metrics": machine(401),
    "POST /webhooks/<slug>": machine(401, no_token="the provider signs every webhook with a shared secret"),
    "GET /": open_page(),
    "GET /privacy": open_page(),
    "GET /language": open_page(303, query={"language": "de", "page": "/privacy"}),
    "POST /language": act(form={"language": "en", "page": "/headshots"}),
    "GET /continue": open_page(303),
    "GET /gallery": open_page(303),
    "GET /choose": open_page(303),
    "GET /start": open_page(303, may_touch=_ATTEMPT),
    "GET /login": open_page(303, may_touch=_ATTEMPT),
    # No sign-in was started with this state; existing sessions stay.
    "GET /login/callback": open_page(303, anonymous=400, may_touch=_AUDITED),
    "GET /login/initiate": machine(303, kind=Kind.PAGE, query=_INITIATE, may_touch=_ATTEMPT),
    "POST /login/initiate": machine(
        303, kind=Kind.PAGE, form=_INITIATE, no_token="it only begins a sign-in, whose end is bound to the browser"
    ),
    "POST /login/backchannel-logout": machine(
        400, form={"logout_token": "x"}, no_token="the identity provider signs every order"
    ),
    "POST /logout": act(anonymous=TO_START),
    "GET /signed-out": open_page(303, anonymous=200),
    "GET /headshots": page(),
    "GET /headshots/status": fetched(),
    "GET /headshots/events": fetched(),
    "GET /headshots/consent": page(),
    "GET /headshots/not-now": page(),
    # Both boxes are missing.
    "POST /headshots/consent": act(form={"decision": "agree"}, status=400),
    "POST /headshots/start": act(),
    "GET /headshots/withdraw": page(),
    # Refused, so that the pictures stay for the other lines; what they do has tests of its own.
    "POST /headshots/withdraw": act(status=400),
    "GET /my-data/delete": page(),
    "POST /my-data/delete": act(status=400),
    # There is no erasure with the id; with one, anyone with the address reads it.
    "GET /deleted/<erasure_id>": open_page(404),
    # Their sessions are over: my page follows. The one who sits in the studio right now has tests of their own.
    "GET /headshots/studio": page(status=303, may_touch=_OPENED),
    "POST /headshots/studio/dead-link": act(),
    "GET /headshots/gallery": page(),
    "POST /headshots/photos/retry": act(),
    "POST /headshots/choice": act(form={"photo": "{photo_id}"}),
    "POST /headshots/choice/<choice_id>/undo": act(),
    "POST /headshots/choice/withdraw": act(),
    "POST /headshots/marks": act(form={"marked": "{photo_id}", "mark": "shortlist"}),
    "GET /headshots/kit/<key>": download(),
    "POST /headshots/archives/<kind>": act(),
    "GET /headshots/archives/<archive_id>": download(may_touch=_DOWNLOADED),
    "GET /headshots/data": page(),
    "GET /headshots/data/sessions/<shoot_id>/delete": page(),
    # Refused for the same reason.
    "POST /headshots/data/sessions/<shoot_id>/delete": act(status=400, form={"headshot": "other"}),
    "GET /headshots/data/agreements/<consent_id>": page(),
    "POST /headshots/data/export": act(),
    # The person's archive is none of these; downloading one has tests of its own.
    "POST /headshots/data/export/<archive_id>": act(status=404),
    "GET /headshots/crop": page(query={"photo": "{photo_id}"}),
    "POST /headshots/crop": act(form={"photo": "{photo_id}", "x": "50", "y": "40", "size": "60"}),
    "GET /headshots/another": page(),
    "POST /headshots/another": act(),
    "GET /headshots/own-photo": page(),
    "POST /headshots/own-photo": act(status=400),
    # The photo is a generated one.
    "POST /headshots/own-photo/<photo_id>/delete": act(status=404),
    "GET /photos/<photo_id>/<rendition>": fetched(),
    "GET /account/sessions": page(),
    "POST /account/sessions/<public_id>/end": act(),
    "POST /account/sessions/end-others": act(),
    "GET /admin/": console(ADMINS),
    "GET /admin/health": console(OPERATORS),
    "POST /admin/health/check": act(OPERATORS),
    "POST /admin/health/test-session": act(OPERATORS),
    "POST /admin/health/compare": act(OPERATORS, form={"secret": "webhook"}),
    "GET /admin/health/rotate/<secret>": console(OPERATORS),
    "GET /admin/deliveries": console(OPERATORS),
    "GET /admin/deliveries/<delivery_id>": console(OPERATORS),
    "POST /admin/deliveries/replay": act(OPERATORS, form={"selected": "{delivery_id}"}),
    "POST /admin/deliveries/<delivery_id>/replay": act(OPERATORS),
    "GET /admin/retention": console(ADMINS),
    "GET /admin/audit": console(ADMINS),
    "GET /admin/audit.csv": console(ADMINS),
    "GET /admin/links": console(OPERATORS),
    "POST /admin/links/<report_id>/done": act(OPERATORS),
    "GET /team": console(MANAGERS),
    "GET /team.csv": console(MANAGERS),
    "GET /team/remind": console(MANAGERS),
    "POST /team/remind": act(MANAGERS, form={"name": "staff"}),
    "GET /admin/people": console(ADMINS),
    "GET /admin/account": console(OPERATORS),
    "GET /admin/account/usage.csv": console(OPERATORS),
    "POST /admin/account/read": act(OPERATORS),
    "POST /admin/account/teams": act(ADMINS, form={"action": "create", "name": "Berlin"}),
    "GET /admin/account/<page>": console(ADMINS),
    "GET /admin/account/sessions/<model_id>": console(ADMINS),
    # No provider listens; the page that follows shows it.
    "POST /admin/account/sessions/<model_id>/delete": act(ADMINS),
    "POST /admin/account/members/move": act(ADMINS, form={"selected": "member", "team_id": "team"}),
    "POST /admin/account/invites/send": act(ADMINS, form={"address": "ann@example.com"}),
    "POST /admin/account/invites/revoke": act(ADMINS, form={"address": "ann@example.com"}),
    "POST /admin/account/invites/find": act(ADMINS, status=200, form={"address": "ann@example.com"}),
    "GET /admin/exports": console(ADMINS),
    # File names without a field are the same for everyone.
    "POST /admin/exports": act(
        ADMINS, status=400, form={"kind": "headshots", "size": "directory", "template": "photo.jpg", "team": ""}
    ),
    "GET /admin/exports/<export_id>": Row(roles=ADMINS, status=404, anonymous=TO_LOGIN, may_touch=AUDITED),
    "GET /admin/people.csv": console(ADMINS),
    # The selection is empty; the page asks for people to be ticked.
    "GET /admin/people/selection": console(ADMINS, query={"action": "mute"}),
    "POST /admin/people/selection": act(ADMINS, form={"action": "sign_out", "all": "1", "q": "nobody-has-this-name"}),
    "GET /admin/people/<person_id>": console(ADMINS, about=OTHER),
    "POST /admin/people/<person_id>/sessions/<public_id>/end": act(ADMINS, about=OTHER),
    "POST /admin/people/<person_id>/sessions/end": act(ADMINS, about=OTHER),
    "GET /mute/<token>": open_page(404),
    "POST /mute/<token>": machine(
        404, kind=Kind.PAGE, no_token="mail programs post without a session; the token is signed"
    ),
    "POST /mute/<token>/undo": machine(404, kind=Kind.PAGE, no_token="the token of the mail is signed"),
    "GET /join/<code>": page(status=410),
    "POST /join/<code>": act(status=410),
    "GET /admin/texts": page(ADMINS),
    "GET /admin/texts/<section_name>": page(ADMINS),
    "POST /admin/texts/<section_name>/preview": act(ADMINS, 200, form={"version": "0"}),
    # The form holds what counts already, so that nothing is published.
    "POST /admin/texts/<section_name>": act(ADMINS, form={"version": "0"}),
    "GET /admin/texts/<section_name>/versions": page(ADMINS),
    "GET /admin/texts/<section_name>/versions/<number>": page(ADMINS),
    "POST /admin/texts/<section_name>/versions/<number>/restore": act(ADMINS, form={"version": "0"}),
    "GET /admin/campaigns": page(ADMINS),
    "GET /admin/campaigns/new": page(ADMINS),
    "POST /admin/campaigns/new": act(ADMINS, form={"name": "Spring"}),
    "GET /admin/campaigns/<campaign_id>": page(ADMINS),
    "GET /admin/campaigns/<campaign_id>/people": console(ADMINS),
    "GET /admin/campaigns/<campaign_id>/end": page(ADMINS),
    "POST /admin/campaigns/<campaign_id>": act(ADMINS, form={"version": "0", "name": "Spring"}),
    # The time is over.
    "POST /admin/campaigns/<campaign_id>/schedule": act(
        ADMINS, status=400, form={"version": "0", "starts_at": "2020-01-01T09:00"}
    ),
    # A draft without a scheduled start has another version by then.
    "POST /admin/campaigns/<campaign_id>/unschedule": act(ADMINS, status=409, form={"version": "99"}),
    "POST /admin/campaigns/<campaign_id>/test": act(ADMINS),
    "POST /admin/campaigns/<campaign_id>/start": act(ADMINS, form={"version": "1"}, after=_CAMPAIGN[:1]),
    "POST /admin/campaigns/<campaign_id>/pause": act(ADMINS, form={"version": "2"}, after=_CAMPAIGN[:2]),
    "POST /admin/campaigns/<campaign_id>/resume": act(ADMINS, form={"version": "3"}, after=_CAMPAIGN[:3]),
    "POST /admin/campaigns/<campaign_id>/end": act(ADMINS, form={"version": "4"}, after=_CAMPAIGN),
    "GET /admin/roster": console(ADMINS),
    "GET /admin/roster/import": console(ADMINS),
    "POST /admin/roster/import": act(ADMINS, form={"pasted": "ann@example.com"}),
    "GET /admin/roster/template.csv": page(ADMINS),
    "GET /admin/roster/entries/<entry_id>": console(ADMINS),
    "POST /admin/roster/entries/<entry_id>": act(ADMINS, form={"mark": "muted", "set": "1"}),
    "GET /admin/roster/entries/<entry_id>/delete": console(ADMINS),
    "POST /admin/roster/entries/<entry_id>/delete": act(ADMINS),
    "GET /admin/roster/import/<import_id>": console(ADMINS),
    "GET /admin/roster/import/<import_id>/progress": page(ADMINS),
    "GET /admin/roster/import/<import_id>/absent": console(ADMINS),
    "GET /admin/roster/import/<import_id>/lines.csv": console(ADMINS),
    # Each decision makes another version of the list, so only one of these can be carried out.
    "POST /admin/roster/import/<import_id>/columns": act(ADMINS, form={"version": "7", "address": "0"}, status=409),
    "POST /admin/roster/import/<import_id>/confirm": act(ADMINS, form={"version": "7"}, status=409),
    "POST /admin/roster/import/<import_id>/discard": act(ADMINS, form={"version": "0"}),
    "POST /admin/people/<person_id>/notes": act(
        ADMINS, about=OTHER, form={"text": "On leave", "note_id": "22222222-2222-4222-8222-222222222222"}
    ),
    # There is no note; deleting one has a test of its own.
    "POST /admin/people/<person_id>/notes/<note_id>/delete": act(ADMINS, status=404, about=OTHER),
    "GET /admin/people/<person_id>/headshot": console(ADMINS, about=OTHER),
    "GET /admin/people/<person_id>/headshot.jpg": fetched(ADMINS, about=OTHER, may_touch=AUDITED),
    "GET /admin/people/<person_id>/erase": console(ADMINS, about=OTHER),
    # Without the address nothing is deleted.
    "POST /admin/people/<person_id>/erase": act(ADMINS, about=OTHER, status=400),
    "GET /admin/people/erasures/<erasure_id>": Row(roles=ADMINS, status=404, anonymous=TO_LOGIN, may_touch=AUDITED),
    "GET /admin/people/<person_id>/reset": console(ADMINS, about=OTHER),
    "POST /admin/people/<person_id>/reset": act(ADMINS, about=OTHER),
    "GET /admin/people/<person_id>/deactivate": console(ADMINS, about=OTHER),
    "POST /admin/people/<person_id>/deactivate": act(ADMINS, about=OTHER),
    # No other account has the address, and no request waits for the decision.
    "GET /admin/people/<person_id>/relink": Row(
        roles=ADMINS, status=404, anonymous=TO_LOGIN, about=OTHER, may_touch=AUDITED
    ),
    "POST /admin/people/<person_id>/relink": act(ADMINS, about=OTHER, status=400),
    # The other person is on no roster, and gets an entry for the mark.
    "POST /admin/people/<person_id>/left": act(ADMINS, about=OTHER, form={"set": "1"}),
    # The provider has no other session for their address.
    "POST /admin/people/<person_id>/adopt": act(ADMINS, about=OTHER, status=404),
    # The other person has not requested another session.
    "POST /admin/people/<person_id>/attempt": act(ADMINS, about=OTHER, status=404),
    "POST /admin/people/<person_id>/tester": act(ADMINS, about=OTHER, form={"tester": "1"}),
    "POST /admin/people/<person_id>/retry-photos": act(ADMINS, about=OTHER),
    "GET /admin/people/<person_id>/reactivate": console(ADMINS, about=OTHER),
    "POST /admin/people/<person_id>/reactivate": act(ADMINS, about=OTHER),
}

# The values of the parts of addresses. A person's own ids do not exist for others.
PERSONAL = frozenset({"photo_id", "public_id", "choice_id", "archive_id", "consent_id", "shoot_id"})
SHARED = frozenset(
    {
        "export_id",
        "note_id",
        "erasure_id",
        "secret",
        "filename",
        "name",
        "slug",
        "section_name",
        "number",
        "rendition",
        "key",
        "kind",
        "delivery_id",
        "campaign_id",
        "entry_id",
        "token",
        "code",
        "import_id",
        "report_id",
        "page",
        "model_id",
        "person_id",
        "version",
    }
)

_CONVERTER = re.compile(r"<(?:(?!path:)[a-z]+(?:\([^<>]*\))?:)?")
_VERSION = re.compile(r"^/static/[0-9a-f]{12}/")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Route:
    """One method of one rule of the app's map."""

    method: str
    rule: str
    endpoint: str
    arguments: frozenset[str]

    @property
    def key(self) -> str:
        """Its name in the table: without the types of its parts, whose exact form is no matter of access."""
        path = _CONVERTER.sub("<", _VERSION.sub("/static/<version>/", self.rule))
        return f"{'GET' if self.method == 'HEAD' else self.method} {path}"

    @property
    def row(self) -> Row:
        """The expected response of the table."""
        return TABLE[self.key]

    @property
    def is_unsafe(self) -> bool:
        """Whether it may change something."""
        return self.method in UNSAFE


def list_routes(app: Flask) -> Iterator[Route]:
    """Yield every route the table has a line for; that it has one for each is a test of its own."""
    yield from (route for route in list_all_routes(app) if route.key in TABLE)


def list_all_routes(app: Flask) -> Iterator[Route]:
    """Yield every method of every rule, except Flask's own responses to OPTIONS."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield Route(method, rule.rule, rule.endpoint, frozenset(rule.arguments))
