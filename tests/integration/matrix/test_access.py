"""Every kind of requester on every route with every method: who has access, and the responses to the others."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from tests.integration.matrix.directory_fixture import DirectoryFixture
from tests.integration.matrix.table import (
    ACTORS,
    ANONYMOUS,
    PERSONAL,
    ROLES,
    SHARED,
    TABLE,
    TO_LOGIN,
    TO_START,
    Route,
    list_all_routes,
    list_routes,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND")


def test_every_route_is_in_the_table(directory: DirectoryFixture) -> None:
    found = {route.key for route in list_all_routes(directory.app)}
    assert found - TABLE.keys() == set(), "new routes: say in tests/integration/matrix/table.py who gets what there"
    assert TABLE.keys() - found == set(), "these are gone: take them out of tests/integration/matrix/table.py"


def test_every_part_of_an_address_has_an_owner_or_is_public(directory: DirectoryFixture) -> None:
    parts = {name for route in list_all_routes(directory.app) for name in route.arguments}
    assert parts - PERSONAL - SHARED == set(), "say in tests/integration/matrix/table.py whether these are personal"


@pytest.mark.parametrize("name", ACTORS)
@pytest.mark.asvs("A37")
def test_each_role_gets_its_result(name: str, directory: DirectoryFixture) -> None:
    actor = directory.actor(name)
    wrong = {}
    for route in _in_order(directory):
        response = actor.submit(route)
        if problem := _problem(response, _expected(route, name)):
            wrong[f"{route.method} {route.rule}"] = problem
    assert wrong == {}


@pytest.mark.parametrize("name", ACTORS)
@pytest.mark.asvs("A54")
def test_no_other_method_is_accepted(name: str, directory: DirectoryFixture) -> None:
    actor = directory.actor(name)
    offered: dict[str, set[str]] = {}
    for route in list_routes(directory.app):
        offered.setdefault(actor.path(route), set()).add(route.method)
    for path, methods in offered.items():
        for method in METHODS:
            if method not in methods:
                # As JSON, which is made much faster; the page of the same error has tests of its own.
                response = actor.call(method, path, headers={"Accept": "application/json"})
                assert response.status_code == 405, f"{method} {path}"


def test_options_request_opens_nothing(directory: DirectoryFixture) -> None:
    outsider = directory.actor(ANONYMOUS)
    for route in list_routes(directory.app):
        response = outsider.call("OPTIONS", outsider.path(route))
        assert response.status_code < 500, route
        assert response.status_code != 200 or not response.text, route


@pytest.mark.asvs("A41")
def test_revoked_role_applies_at_the_next_request(directory: DirectoryFixture) -> None:
    admin = directory.actor("admin")
    assert admin.call("GET", "/admin/").status_code == 200
    directory.connection.execute("UPDATE people SET role = 'employee', roles = '{}' WHERE subject = 'subject-admin'")
    assert admin.call("GET", "/admin/").status_code == 403
    directory.connection.execute("UPDATE people SET deactivated_at = now() WHERE subject = 'subject-admin'")
    assert admin.call("GET", "/headshots").status_code == 303
    assert admin.call("GET", "/headshots/status").status_code == 401


def _in_order(directory: DirectoryFixture) -> list[Route]:
    """Reads first, then changes; signing out comes last, for it ends the session."""
    order = list(TABLE)
    by_table = sorted(list_routes(directory.app), key=lambda route: order.index(route.key))
    return sorted(by_table, key=lambda route: (route.is_unsafe, route.rule == "/logout"))


def _expected(route: Route, name: str) -> int | str:
    if name == ANONYMOUS:
        return route.row.anonymous
    assert name in ROLES
    return route.row.status if name in route.row.roles else 403


def _problem(response: TestResponse, expected: int | str) -> str | None:
    """Return the difference between a response and the table, None if there is none."""
    location = response.headers.get("Location", "")
    got = f"{response.status_code} {location}".strip()
    if expected == TO_LOGIN:
        fits = response.status_code == 303 and location.startswith("/login?next=")
    elif expected == TO_START:
        fits = response.status_code == 303 and location == "/"
    else:
        fits = response.status_code == expected and not location.startswith("/login")
    return None if fits else f"{got} instead of {expected}"
