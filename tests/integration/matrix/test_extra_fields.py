"""A form accepts its own fields only: with additional ones the database ends the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.integration.matrix.database_dump import Dump, remove_columns
from tests.integration.matrix.directory_fixture import DirectoryFixture
from tests.integration.matrix.table import OTHER, TABLE, UNSAFE, Route, list_routes

# Every column an attacker might target, and names that frameworks are known to read.
EXTRA = {
    **dict.fromkeys(("role", "roles", "roles[]", "person[role]", "person.role", "manages"), "admin"),
    **dict.fromkeys(("is_admin", "admin", "superuser", "development", "is_development", "stale"), "true"),
    **dict.fromkeys(("email", "name", "subject", "issuer", "groups", "locale", "sub"), "intruder@example.com"),
    **dict.fromkeys(("provider", "provider_id", "provider_status", "status", "state", "origin", "key"), "deleted"),
    **dict.fromkeys(("policy_version", "text", "text_sha256", "purposes", "given_at", "withdrawn_at"), "1999-01-01"),
    **dict.fromkeys(("signed_url", "storage_key", "api_key", "next", "return_to", "target_link_uri"), "//evil.example"),
    **dict.fromkeys(("deactivated_at", "created_at", "acted_at", "expires_at", "version", "attempts"), "0"),
    **dict.fromkeys(("_method", "X-HTTP-Method-Override", "__class__", "__proto__", "constructor"), "DELETE"),
}
OBJECT_IDS = ("person_id", "photo_id", "delivery_id")
FORMS = sorted(key for key in TABLE if key.split()[0] in UNSAFE)


@pytest.mark.parametrize("key", FORMS)
@pytest.mark.asvs("A40")
def test_extra_fields_change_nothing(key: str, make_directory: Callable[..., DirectoryFixture]) -> None:
    first, again, extra = (_after(make_directory(), key, {}), _after(make_directory(), key, {}), None)
    directory = make_directory()
    foreign = {name: directory.ids[OTHER][name] for name in OBJECT_IDS}
    submit = next(route for route in list_routes(directory.app) if route.key == key).row.form
    fields = {name: value for name, value in (EXTRA | foreign | _ids(foreign)).items() if name not in submit}
    extra = _after(directory, key, fields)
    # What differs between two submit runs are new ids and tokens; the rest has to be the same.
    for table in first:
        by_chance = _differing(first, again, table)
        assert remove_columns(first[table], by_chance) == remove_columns(extra[table], by_chance), table


@pytest.mark.parametrize("key", [key for key in FORMS if not TABLE[key].no_token])
def test_forms_of_another_shape_are_not_taken_for_forms(key: str, directory: DirectoryFixture) -> None:
    """JSON, XML or plain text need a preflight request from a page of another site; they are not parsed as a form."""
    (route,) = [route for route in list_routes(directory.app) if route.key == key]
    actor = directory.actor(_find_role(route))
    token = actor.token()
    before = directory.dump()
    for content_type in ("application/json", "text/plain", "application/xml", "application/x-www-form-urlencoded; x"):
        body = f'{{"csrf_token": "{token}", "photo": "{actor.fill("{photo_id}")}", "role": "admin"}}'
        response = actor.call(route.method, actor.path(route), data=body, content_type=content_type)
        assert response.status_code == 400, content_type
    assert before["people"] == directory.dump()["people"]
    assert before["choices"] == directory.dump()["choices"]


def _ids(foreign: dict[str, str]) -> dict[str, str]:
    person = foreign["person_id"]
    return {"user_id": person, "id": person, "person": person, "owner_id": person, "shoot_id": person}


def _find_role(route: Route) -> str:
    """Return a role that may send this form, an admin where possible."""
    return "admin" if "admin" in route.row.roles or not route.row.roles else min(route.row.roles)


def _after(directory: DirectoryFixture, key: str, extra: dict[str, str]) -> Dump:
    routes = {route.key: route for route in list_routes(directory.app)}
    actor = directory.actor(_find_role(routes[key]))
    for earlier in TABLE[key].after:
        _carried_out(actor.submit(routes[earlier]).status_code, routes[earlier])
    _carried_out(actor.submit(routes[key], extra=extra).status_code, routes[key])
    return directory.dump()


def _carried_out(status: int, route: Route) -> None:
    assert status == route.row.status, route


def _differing(one: Dump, other: Dump, table: str) -> set[str]:
    names = one[table][0].keys() if one[table] else set()
    return {name for name in names if _values(one, table, name) != _values(other, table, name)}


def _values(found: Dump, table: str, column: str) -> Counter[str]:
    return Counter(row[column] for row in found[table])
