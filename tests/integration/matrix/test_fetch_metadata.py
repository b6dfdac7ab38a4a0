"""Pictures, files and news are for this portal's own pages: no other site's page can have a browser load them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.matrix.database_dump import SEEN, list_unexpected_changes
from tests.integration.matrix.directory_fixture import DirectoryFixture
from tests.integration.matrix.recorded_responses import Recorder, Recording
from tests.integration.matrix.table import Kind, Route

FOREIGN = ("cross-site", "same-site", "something-new", "")
SAME_SITE = ("same-origin", "none")
FILE = "/admin/audit.csv"
# How a page of another site has a browser fetch something: a picture, a script, a frame, a fetch.
WAYS = (
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
    {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {},
)
_FOR_PEOPLE = frozenset({Kind.PAGE, Kind.FETCHED, Kind.DOWNLOAD})


def list_loaded_routes(recording: Recording, name: str) -> Iterator[Route]:
    """Every route whose response to this person is not a page."""
    for route, response in recording.responses:
        if route is None or route.is_unsafe or route.row.kind not in _FOR_PEOPLE or name not in route.row.roles:
            continue
        is_file = route.row.status == 200 and response.mimetype != "text/html"
        if is_file or route.row.kind in {Kind.FETCHED, Kind.DOWNLOAD}:
            yield route


def test_routes_without_pages_are_found(recorded: Recorder) -> None:
    """Otherwise the tests below prove nothing."""
    rules = {route.rule for route in list_loaded_routes(recorded("admin"), "admin")}
    assert {FILE, "/headshots/status", "/headshots/events", "/headshots/kit/<key>"} < rules
    assert [rule for rule in rules if rule.startswith("/photos/")]


@pytest.mark.parametrize("site", FOREIGN)
@pytest.mark.asvs("A15")
def test_another_site_loads_nothing(site: str, directory: DirectoryFixture, recorded: Recorder) -> None:
    actor, routes = directory.actor("admin"), list(list_loaded_routes(recorded("admin"), "admin"))
    before = directory.dump()
    for route in routes:
        for headers in WAYS:
            response = actor.call(route.method, actor.path(route), headers={"Sec-Fetch-Site": site, **headers})
            assert response.status_code == 403, f"{route} {headers}"
            assert not response.mimetype.startswith(("image/", "text/csv", "text/event-stream", "application/zip")), (
                route
            )
    # Nothing was shown, and no view was audited.
    assert list_unexpected_changes(before, directory.dump(), SEEN) == set()


@pytest.mark.parametrize("site", SAME_SITE)
def test_same_origin_and_direct_requests_load_everything(
    site: str, directory: DirectoryFixture, recorded: Recorder
) -> None:
    actor = directory.actor("admin")
    for route in list_loaded_routes(recorded("admin"), "admin"):
        response = actor.call(route.method, actor.path(route), headers={"Sec-Fetch-Site": site})
        assert response.status_code == route.row.status, route
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_cross_site_navigation_to_file_redirects_to_its_page(directory: DirectoryFixture) -> None:
    """As from the identity provider, after another sign-in: nothing is lost, and nothing is saved without a press."""
    actor = directory.actor("admin")
    received = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    response = actor.call("GET", f"{FILE}?action=consent.given&day=2026-01-01", headers=received)
    assert (response.status_code, response.headers["Location"]) == (
        303,
        "/admin/audit?action=consent.given&day=2026-01-01",
    )
    assert actor.call("GET", FILE, headers=received).headers["Location"] == "/admin/audit"
    for hostile in ("?_external=1&_scheme=javascript&_anchor=x", "?a=%0d%0aSet-Cookie:x=y", "?%ff=%00"):
        led = actor.call("GET", FILE + hostile, headers=received).headers["Location"]
        assert led.startswith("/admin/audit?")
        assert "\n" not in led


def test_cross_site_navigation_to_own_file_redirects_to_my_page(directory: DirectoryFixture) -> None:
    actor = directory.actor("employee")
    received = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for path in ("/headshots/kit/ldap", f"/headshots/archives/{directory.ids['employee']['archive_id']}"):
        response = actor.call("GET", path, headers=received)
        assert (response.status_code, response.headers["Location"]) == (303, "/headshots")


def test_cross_site_request_does_not_read_the_photo_file(directory: DirectoryFixture) -> None:
    actor = directory.actor("employee")
    received = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    path = f"/photos/{directory.ids['employee']['photo_id']}/640.webp"
    assert actor.call("GET", path, headers=received).status_code == 403
    assert actor.call("GET", path).status_code == 200
