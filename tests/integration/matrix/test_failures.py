"""Every failure on every route: a message, a next step and a number, no internal detail, and nothing half done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from werkzeug.test import TestResponse

from portal.storage import StorageUnavailable
from tests import canaries
from tests.integration.matrix.database_dump import SEEN, list_unexpected_changes
from tests.integration.matrix.directory_fixture import Actor, DirectoryFixture
from tests.integration.matrix.table import ANONYMOUS, Kind, Route, list_routes
from tests.integration.web_pages.html_document import Document
from tests.markup import remove_random_values

# What only those need who build or run the portal.
_INNER = re.compile(
    r"Traceback|File \"|\.py\b|psycopg|sqlalchemy|SQLSTATE|werkzeug|[Jj]inja|SELECT|Errno|/tmp|Exception|\w+Error\b"
)
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
SUPPORT = "help@example.com"
# Machines have responses of their own format; for them a number in a header is enough.
_SHORT = ("/webhooks/", "/login/backchannel-logout")


def check_error_page(response: TestResponse, actor: Actor) -> None:
    """An error has a number, and what people read has a sentence and where to go on."""
    where, number = f"{response.request.method} {response.request.path}", response.headers["X-Request-ID"]
    text = remove_random_values(response.text)
    assert not _INNER.search(text), where
    # Nothing private but the person's own name above the page, and whom to write to below it.
    text = text.replace(SUPPORT, "").replace(f"{actor.name.title()} Townsend", "")
    assert not set(canaries.iterate_findings(text.splitlines())), where
    assert response.headers["Cache-Control"] == "no-store", where
    if response.request.method == "HEAD" or response.request.path.startswith(_SHORT):
        return
    if response.mimetype == "application/json":
        assert response.json is not None
        if response.request.path != "/readyz":
            assert response.json["request_id"] == number, where
            assert response.json["message"].endswith("."), where
        return
    assert response.mimetype == "text/html", where
    page = Document(response.text)
    assert page.heading in page.title, where
    assert number in page.text, where
    assert page.all("a"), where


def send_refused_requests(actor: Actor) -> Iterator[TestResponse]:
    """Yield what this person is refused: pages of others, forms without a token, ids that are not there."""
    known: set[str] = set()
    for route in list_routes(actor.directory.app):
        if not route.arguments <= actor.directory.ids[actor.owner].keys() or route.rule == "/logout":
            continue
        if route.endpoint == "static":
            continue  # files are served before the app; a wrong method there has no page
        path = actor.path(route)
        yield actor.call(route.method, path, form={} if route.is_unsafe else None)
        yield actor.call(route.method, path.rstrip("/") + "/nowhere")
        yield actor.call(route.method, path, headers={"Host": "evil.example"})
        if path not in known:
            known.add(path)
            yield actor.call("PATCH", path)
            yield actor.call("POST", path, data=b"x" * 1_100_000, content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("name", [ANONYMOUS, "employee", "admin"])
def test_every_refusal_can_be_read(name: str, directory: DirectoryFixture) -> None:
    seen, actor = set(), directory.actor(name)
    for response in send_refused_requests(actor):
        assert response.status_code < 500, response.request.path
        if response.status_code >= 400:
            seen.add(response.status_code)
            check_error_page(response, actor)
    assert seen >= {400, 404, 405, 413}
    assert seen & {401, 403} or name == "admin"


@pytest.mark.parametrize("name", [ANONYMOUS, "employee", "admin"])
def test_every_portal_error_can_be_rendered(name: str, directory: DirectoryFixture) -> None:
    actor = directory.actor(name)
    routes = list(list_usable_routes(actor))
    if name != ANONYMOUS:
        actor.token()

    def fail(**_parts: object) -> str:
        raise RuntimeError("secret-detail at /tmp/portal.py")

    directory.app.view_functions = dict.fromkeys(directory.app.view_functions, fail)
    for route in routes:
        response = actor.submit(route)
        if response.status_code >= 400:
            check_error_page(response, actor)
        if route.row.kind is not Kind.ASSET and name in route.row.roles and "webhooks" not in route.rule:
            assert response.status_code == 500, route


@pytest.mark.parametrize("name", [ANONYMOUS, "employee", "admin"])
@pytest.mark.asvs("A56")
def test_without_the_database(name: str, directory: DirectoryFixture) -> None:
    actor = directory.actor(name)
    routes = list(list_usable_routes(actor))
    if name != ANONYMOUS:
        actor.token()
    before = directory.dump()
    statuses = {}
    with stop_database(directory):
        for route in routes:
            response = actor.submit(route)
            statuses[route.key] = response.status_code
            if response.status_code >= 400:
                check_error_page(response, actor)
            if response.status_code == 503:
                assert response.headers.get("Retry-After") or route.endpoint == "ops.show_readiness", route
            assert "Set-Cookie" not in response.headers or response.status_code < 400, route
    # A token that the portal has not signed is unknown without the database as well.
    unknown = {key for key, status in statuses.items() if status == 404}
    assert unknown <= {key for key in statuses if "/mute/" in key}
    assert set(statuses.values()) - {404} <= {200, 303, 400, 401, 503}
    assert statuses["GET /healthz"] == 200
    assert statuses["GET /headshots"] == (303 if name == ANONYMOUS else 503)
    assert statuses["GET /login"] == 503
    assert list_unexpected_changes(before, directory.dump(), SEEN) == set(), "nothing was half done"
    # And as soon as it is back, everything is.
    assert actor.call("GET", "/headshots").status_code == (303 if name == ANONYMOUS else 200)


@pytest.mark.asvs("A56")
def test_without_the_storage(directory: DirectoryFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are served as ever; only the pictures in them and the files of one's own wait."""

    def fail(*_arguments: object) -> None:
        raise StorageUnavailable("EIO at /tmp/photos")

    storage = directory.app.extensions["portal"].storage
    for name in ("open", "get", "put", "delete", "exists", "list"):
        monkeypatch.setattr(type(storage), name, fail)
    actor = directory.actor("employee")
    for route in list_usable_routes(actor):
        response = actor.submit(route)
        if route.endpoint == "photos.serve_rendition" or route.row.kind is Kind.DOWNLOAD:
            assert response.status_code == 503
            assert response.headers["Retry-After"]
            check_error_page(response, actor)
        elif "employee" in route.row.roles:
            assert response.status_code == route.row.status, route


def list_usable_routes(actor: Actor) -> Iterator[Route]:
    """Every route with ids of this person's to fill it, forms after pages; signing out is left out."""
    for route in sorted(list_routes(actor.directory.app), key=lambda each: each.is_unsafe):
        if route.arguments <= actor.directory.ids[actor.owner].keys() and route.rule != "/logout":
            yield route


@contextmanager
def stop_database(directory: DirectoryFixture) -> Iterator[None]:
    """Restrict the directory's database to the test."""
    info = directory.connection.info
    with psycopg.connect(make_conninfo(info.dsn, dbname="postgres"), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{info.dbname}" ALLOW_CONNECTIONS false')
        admin.execute(OTHERS, [info.dbname, info.backend_pid])
        try:
            yield
        finally:
            admin.execute(f'ALTER DATABASE "{info.dbname}" ALLOW_CONNECTIONS true')
