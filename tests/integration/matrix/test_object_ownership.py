"""What belongs to one person does not exist for another; nonsense in an address is not found, and breaks nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from werkzeug.datastructures import ImmutableMultiDict

from portal.domain.renditions import RENDITIONS
from tests.integration.matrix.database_dump import AUDITED, SEEN, list_unexpected_changes
from tests.integration.matrix.directory_fixture import Actor, DirectoryFixture
from tests.integration.matrix.table import OTHER, PERSONAL, ROLES, Route, list_routes

# In an address as it travels, escaped where a browser would escape it. The router reads these as a number or a UUID, so
# they reach the code of routes.
PARSED_NONSENSE = ("0", "99999999999999999999999999", "٩٩٩٩٩", "00000000-0000-0000-0000-000000000000")
NONSENSE = (
    *("-1", "1e9", "null", "None", "undefined", "NaN", "x", "a" * 3000),
    *("%2e%2e", "..%2f..%2fwsgi.py", "%00", "a%00b", "%0d%0aSet-Cookie:x=y", "%ff%fe", "%F0%9F%92%A9", "%u0041"),
    *("'", "%22", "%3Csvg%20onload=x%3E", "1%20OR%201=1", "';--", "%7B%7B7*7%7D%7D", "$%7B7*7%7D", "%25s%25n"),
    *("{}", "[]", "*", "11111111-1111-1111-1111-11111111111G"),
)
# The same for the fields of forms and queries.
MALFORMED_VALUES = (
    *("", "\x00", "a\x00b", "\r\nX: y", "\u202e", "-1", "1e9", "9" * 30, "a" * 3000, "٩", "null", "{}", "[]"),
    *("'", '"><svg onload=x>', "1 OR 1=1", "{{7*7}}", "//evil.example", "../../wsgi.py", "%s%n"),
)
_ECHOED_QUERY = re.compile(r'name="page" value="/headshots/gallery\?(?:photo|compare)=[0-9a-f-]{36}"')


def list_routes_with_ids(directory: DirectoryFixture) -> list[Route]:
    found = [route for route in list_routes(directory.app) if route.arguments - {"filename"}]
    assert found
    return found


def list_nonsense(route: Route, part: str, offset: int) -> tuple[str, ...]:
    """Return what to try: everything, but of what a converter refuses only the fifth that begins at the offset.

    A refused value never reaches the route's own code, and the converters are the same for all routes.
    """
    if re.search(rf"<(int|uuid):{part}>", route.rule):
        return (*PARSED_NONSENSE, *NONSENSE[offset % 5 :: 5])
    return (*PARSED_NONSENSE, *NONSENSE)


def send_request(actor: Actor, route: Route, path: str) -> int:
    form = {name: actor.fill(value) for name, value in route.row.form.items()}
    return actor.call(
        route.method, path, form={"csrf_token": actor.token(), **form} if route.is_unsafe else None
    ).status_code


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.asvs("A38")
def test_objects_of_other_people_are_not_found(name: str, directory: DirectoryFixture) -> None:
    """Also for those who run the campaign: what they may see of people has pages of its own."""
    actor, owner = directory.actor(name), directory.actor(OTHER)
    tried = 0
    for route in list_routes_with_ids(directory):
        for part in frozenset() if route.row.about else route.arguments & PERSONAL:
            path = actor.path(route, **{part: directory.ids[OTHER][part]})
            before = directory.dump() if name == "employee" else {}
            assert send_request(actor, route, path) == 404, route
            if name == "employee":
                assert list_unexpected_changes(before, directory.dump(), SEEN | AUDITED) == set(), route
            assert send_request(owner, route, owner.path(route)) == route.row.status, route
            tried += 1
    assert tried


@pytest.mark.privacy("P15")
def test_no_size_of_a_photo_is_readable_by_others(directory: DirectoryFixture) -> None:
    actor = directory.actor("admin")
    for spec in RENDITIONS:
        response = actor.call("GET", f"/photos/{directory.ids[OTHER]['photo_id']}/{spec.name}")
        assert response.status_code == 404, spec.name
        assert not response.headers["Content-Type"].startswith("image/")
        known = actor.call("GET", f"/photos/{uuid4()}/{spec.name}")
        # Even existence cannot be distinguished.
        assert known.headers["Content-Length"] == response.headers["Content-Length"]


def test_form_with_ids_of_other_people_is_refused(directory: DirectoryFixture) -> None:
    actor = directory.actor("employee")
    own, others = directory.ids["employee"], directory.ids[OTHER]
    for route in list_routes(directory.app):
        fields = {name for name, value in route.row.form.items() if value.strip("{}") in PERSONAL}
        for field in fields:
            foreign = actor.fill(route.row.form[field]).replace(own["photo_id"], others["photo_id"])
            response = actor.submit(route, extra={field: foreign})
            assert response.status_code == 404, route
    [(choices,)] = directory.connection.execute("SELECT count(*) FROM choices").fetchall()
    assert choices == len(ROLES) + 1


def test_query_with_ids_of_other_people_shows_nothing(directory: DirectoryFixture) -> None:
    others = directory.ids[OTHER]["photo_id"]
    for field in ("photo", "compare"):
        page = directory.actor("employee").call("GET", "/headshots/gallery", query_string={field: others})
        assert page.status_code == 200
        # The links to other languages lead back to the requested address, and name it; nothing else does.
        assert others not in _ECHOED_QUERY.sub("", page.text)


@pytest.mark.timeout(360)
@pytest.mark.parametrize("name", ["employee", "admin"])
def test_malformed_ids_in_an_address_are_not_found(name: str, directory: DirectoryFixture) -> None:
    actor = directory.actor(name)
    responses = {}
    # HEAD executes the same code as GET.
    routes = [route for route in list_routes_with_ids(directory) if route.method != "HEAD"]
    for offset, route in enumerate(routes):
        directory.renew_sessions()
        for part in route.arguments - {"filename"}:
            # Version 0 of a text is the built-in one.
            for term in (each for each in list_nonsense(route, part, offset) if (part, each) != ("number", "0")):
                responses[f"{route.method} {route.rule} {part}={term[:40]}"] = send_request(
                    actor, route, actor.path(route, **{part: term})
                )
    # A person without access to the page gets that response, for every address.
    wrong = {
        call: status
        for call, status in responses.items()
        # 410 is for the link of a campaign that has ended, which has the same response as an unknown one.
        if status not in ({404, 405, 410} if name == "admin" else {404, 405, 410, 403})
    }
    assert wrong == {}


@pytest.mark.parametrize("term", MALFORMED_VALUES)
@pytest.mark.parametrize("name", ["employee", "admin"])
def test_malformed_ids_in_a_form_or_a_query_are_refused(
    name: str,
    term: str,
    directory: DirectoryFixture,
    make_directory: Callable[..., DirectoryFixture],
    reading_routes: dict[str, frozenset[Route]],
) -> None:
    """Every value is sent to each route that reads one of the fields, which a first value to all routes finds out."""
    if name not in reading_routes:
        reading_routes[name] = find_reading_routes(make_directory().actor(name))
    actor = directory.actor(name)
    assert {"GET /headshots/gallery", "POST /headshots/choice"} <= {route.key for route in reading_routes[name]}
    for route in (each for each in list_routes(directory.app) if each in reading_routes[name]):
        directory.renew_sessions()
        send_everywhere(actor, route, term)


@pytest.fixture(scope="module")
def reading_routes() -> dict[str, frozenset[Route]]:
    """By the name of the actor: the routes that read a field. They follow from the code, so one test finds them."""
    return {}


def find_reading_routes(actor: Actor) -> frozenset[Route]:
    """Send one value in every field to every route, and return those that read any of the fields."""
    app, found = actor.directory.app, set()
    app.request_class = type("NotingRequest", (app.request_class,), {"parameter_storage_class": NotingParameters})
    for route in list_routes(app):
        if route.rule == "/logout" or route.method == "HEAD":
            continue
        actor.directory.renew_sessions()
        actor.token()
        NotingParameters.read.clear()
        fields = send_everywhere(actor, route, "x")
        if fields & NotingParameters.read:
            found.add(route)
    return frozenset(found)


def send_everywhere(actor: Actor, route: Route, term: str) -> set[str]:
    """Send a value in every field of a route and in those that other routes have; return the names of the fields."""
    fields = {*route.row.form, *route.row.query, "photo", "compare", "state", "before", "next", "v", "page", "q"}
    extra = dict.fromkeys(fields, term)
    if route.is_unsafe:
        response = actor.submit(route, extra=extra)
    else:
        response = actor.call(route.method, actor.path(route), query_string=extra)
    assert response.status_code < 500, route
    assert "\n" not in response.headers.get("Location", "")
    return fields


class NotingParameters(ImmutableMultiDict[str, str]):
    """The fields of a form or a query; notes which were read."""

    read: ClassVar[set[str]] = set()

    def __getitem__(self, key: str) -> str:
        self.read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.read.add(str(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.read.update(self.keys())
        return super().__iter__()

    def getlist(self, key: str, *rest: Any, **options: Any) -> list[Any]:
        self.read.add(key)
        return super().getlist(key, *rest, **options)

    def items(self, multi: bool = False) -> Any:
        self.read.update(self.keys())
        return super().items(multi)
