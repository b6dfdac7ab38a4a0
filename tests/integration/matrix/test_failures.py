"""Whatever goes wrong, on every route: words, a way on and a number, no inner detail, and nothing done by half."""

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
from tests.integration.matrix.database_dump import SEEN, beyond
from tests.integration.matrix.directory_fixture import Actor, DirectoryFixture
from tests.integration.matrix.table import STRANGER, Kind, Route, routes_of
from tests.integration.web_pages.html_document import Document

# What only those need who build or run the portal.
_INNER = re.compile(
    r"Traceback|File \"|\.py\b|psycopg|sqlalchemy|SQLSTATE|werkzeug|[Jj]inja|SELECT|Errno|/tmp|Exception|\w+Error\b"
)
# Random characters spell anything sooner or later.
_RANDOM = re.compile(r"nonce=\"?[\w-]+|name=\"csrf_token\"[^>]*")
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
SUPPORT = "help@example.com"
# Machines of others, which are answered by their own rules; for them a number in a header is enough.
_SHORT = ("/webhooks/", "/login/backchannel-logout")


def readable(answer: TestResponse, actor: Actor) -> None:
    """An error has a number, and what people read has a sentence and where to go on."""
    where, number = f"{answer.request.method} {answer.request.path}", answer.headers["X-Request-ID"]
    assert not _INNER.search(_RANDOM.sub("", answer.text)), where
    # Nothing private but the person's own name above the page, and whom to write to below it.
    text = _RANDOM.sub("", answer.text).replace(SUPPORT, "").replace(f"{actor.name.title()} Townsend", "")
    assert not set(canaries.found_in(text.splitlines())), where
    assert answer.headers["Cache-Control"] == "no-store", where
    if answer.request.method == "HEAD" or answer.request.path.startswith(_SHORT):
        return
    if answer.mimetype == "application/json":
        assert answer.json is not None
        if answer.request.path != "/readyz":
            assert answer.json["request_id"] == number, where
            assert answer.json["message"].endswith("."), where
        return
    assert answer.mimetype == "text/html", where
    page = Document(answer.text)
    assert page.heading in page.title, where
    assert number in page.words, where
    assert page.all("a"), where


def hopeless(actor: Actor) -> Iterator[TestResponse]:
    """Yield what this person is refused: pages of others, forms without a token, ids that are not there."""
    for route in routes_of(actor.directory.app):
        if not route.arguments <= actor.directory.ids[actor.owner].keys() or route.rule == "/logout":
            continue
        if route.endpoint == "static":
            continue  # files are served before the app; a wrong method there has no page
        path = actor.path(route)
        yield actor.call(route.method, path, form={} if route.is_unsafe else None)
        yield actor.call("PATCH", path)
        yield actor.call(route.method, path.rstrip("/") + "/nowhere")
        yield actor.call(route.method, path, headers={"Host": "evil.example"})
        yield actor.call("POST", path, data=b"x" * 1_100_000, content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("name", [STRANGER, "employee", "admin"])
def test_every_refusal_can_be_read(name: str, directory: DirectoryFixture) -> None:
    seen, actor = set(), directory.actor(name)
    for answer in hopeless(actor):
        assert answer.status_code < 500, answer.request.path
        if answer.status_code >= 400:
            seen.add(answer.status_code)
            readable(answer, actor)
    assert seen >= {400, 404, 405, 413}
    assert seen & {401, 403} or name == "admin"


@pytest.mark.parametrize("name", [STRANGER, "employee", "admin"])
def test_every_fault_of_ours_can_be_read(name: str, directory: DirectoryFixture) -> None:
    actor = directory.actor(name)
    routes = list(usable(actor))
    if name != STRANGER:
        actor.token()

    def fail(**_parts: object) -> str:
        raise RuntimeError("secret-detail at /tmp/portal.py")

    directory.app.view_functions = dict.fromkeys(directory.app.view_functions, fail)
    for route in routes:
        answer = actor.submit(route)
        if answer.status_code >= 400:
            readable(answer, actor)
        if route.row.kind is not Kind.ASSET and name in route.row.who and "webhooks" not in route.rule:
            assert answer.status_code == 500, route


@pytest.mark.parametrize("name", [STRANGER, "employee", "admin"])
def test_without_the_database(name: str, directory: DirectoryFixture) -> None:
    actor = directory.actor(name)
    routes = list(usable(actor))
    if name != STRANGER:
        actor.token()
    before = directory.dump()
    statuses = {}
    with no_database(directory):
        for route in routes:
            answer = actor.submit(route)
            statuses[route.key] = answer.status_code
            if answer.status_code >= 400:
                readable(answer, actor)
            if answer.status_code == 503:
                assert answer.headers.get("Retry-After") or route.endpoint == "ops.show_readiness", route
            assert "Set-Cookie" not in answer.headers or answer.status_code < 400, route
    assert set(statuses.values()) <= {200, 303, 400, 401, 503}
    assert statuses["GET /healthz"] == 200
    assert statuses["GET /headshots"] == (303 if name == STRANGER else 503)
    assert statuses["GET /login"] == 503
    assert beyond(before, directory.dump(), SEEN) == set(), "nothing was half done"
    # And as soon as it is back, everything is.
    assert actor.call("GET", "/headshots").status_code == (303 if name == STRANGER else 200)


def test_without_the_storage(directory: DirectoryFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are served as ever; only the pictures in them and the files of one's own wait."""

    def fail(*_arguments: object) -> None:
        raise StorageUnavailable("EIO at /tmp/photos")

    storage = directory.app.extensions["portal"].storage
    for name in ("open", "get", "put", "delete", "exists", "list"):
        monkeypatch.setattr(type(storage), name, fail)
    actor = directory.actor("employee")
    for route in usable(actor):
        answer = actor.submit(route)
        if route.endpoint == "photos.serve_rendition" or route.row.kind is Kind.DOWNLOAD:
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
            readable(answer, actor)
        elif "employee" in route.row.who:
            assert answer.status_code == route.row.status, route


def usable(actor: Actor) -> Iterator[Route]:
    """Every route with ids of this person's to fill it, forms after pages; signing out is left out."""
    for route in sorted(routes_of(actor.directory.app), key=lambda each: each.is_unsafe):
        if route.arguments <= actor.directory.ids[actor.owner].keys() and route.rule != "/logout":
            yield route


@contextmanager
def no_database(directory: DirectoryFixture) -> Iterator[None]:
    """Let nobody but the test reach the directory's database."""
    watching = directory.connection.info
    with psycopg.connect(make_conninfo(watching.dsn, dbname="postgres"), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{watching.dbname}" ALLOW_CONNECTIONS false')
        admin.execute(OTHERS, [watching.dbname, watching.backend_pid])
        try:
            yield
        finally:
            admin.execute(f'ALTER DATABASE "{watching.dbname}" ALLOW_CONNECTIONS true')
