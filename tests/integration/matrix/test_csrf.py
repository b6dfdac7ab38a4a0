"""Every unsafe route requires its session's own form token; exceptions are listed and proven harmless."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.auth.hostile_provider import HostileProvider
from tests.integration.matrix.database_dump import AUDITED, SEEN, list_unexpected_changes
from tests.integration.matrix.directory_fixture import Actor, DirectoryFixture
from tests.integration.matrix.table import OTHER, Route, list_routes

ACTOR = "admin"
"""May call almost every route, so that only the token can be the reason of a refusal."""


def list_unsafe_routes(directory: DirectoryFixture) -> list[Route]:
    found = [route for route in list_routes(directory.app) if route.is_unsafe]
    assert len(found) > 5
    return found


def list_guarded_routes(directory: DirectoryFixture) -> list[Route]:
    return [route for route in list_unsafe_routes(directory) if not route.row.no_token]


def check_all_refused(actor: Actor, token: str | None, **options: object) -> None:
    """Send every guarded form with this token; none may be carried out."""
    # The clock moves with each call, and the console requires a recent confirmation.
    actor.directory.renew_sessions()
    before = actor.directory.dump()
    for route in list_guarded_routes(actor.directory):
        form = {name: actor.fill(value) for name, value in route.row.form.items()}
        if token is not None:
            form["csrf_token"] = token
        response = actor.call(route.method, actor.path(route), form=form, **options)
        assert response.status_code == (400 if ACTOR in route.row.roles else 403), route
    assert list_unexpected_changes(before, actor.directory.dump(), SEEN | AUDITED) == set()


@pytest.mark.asvs("A13")
def test_without_a_token(directory: DirectoryFixture) -> None:
    check_all_refused(directory.actor(ACTOR), None)


def test_routes_of_other_roles_without_a_token(directory: DirectoryFixture) -> None:
    routes = [route for route in list_guarded_routes(directory) if ACTOR not in route.row.roles]
    assert routes
    for route in routes:
        actor = directory.actor(min(route.row.roles))
        form = {name: actor.fill(value) for name, value in route.row.form.items()}
        for token in ({}, {"csrf_token": "x"}, {"csrf_token": directory.actor(OTHER).token()}):
            assert actor.call(route.method, actor.path(route), form=form | token).status_code == 400, route


def test_with_a_malformed_token(directory: DirectoryFixture) -> None:
    for token in ("", "x", "null", "0" * 40, "a.b.c", "a" * 5000, "\x00", "é"):
        check_all_refused(directory.actor(ACTOR), token)


@pytest.mark.asvs("A13")
def test_with_the_token_of_another_session(directory: DirectoryFixture) -> None:
    check_all_refused(directory.actor(ACTOR), directory.actor(OTHER).token())


def test_with_the_token_of_a_visitor(directory: DirectoryFixture) -> None:
    """A token made with the same key for an anonymous session."""
    check_all_refused(directory.actor(ACTOR), _signed(directory, "0" * 40))


def test_with_the_token_of_ones_own_earlier_session(directory: DirectoryFixture, identity: HostileProvider) -> None:
    actor = directory.actor(ACTOR)
    old = actor.token()
    identity.person = {"sub": "someone", "email": "someone@example.com", "name": "Someone"}
    requested = actor.call("GET", "/login?switch=1")
    assert actor.call("GET", identity.visit(requested.headers["Location"])).status_code == 303
    directory.connection.execute("UPDATE people SET role = 'admin' WHERE subject = 'someone'")
    check_all_refused(actor, old)


def test_with_the_right_token_in_the_wrong_place(directory: DirectoryFixture) -> None:
    actor = directory.actor(ACTOR)
    token = actor.token()
    check_all_refused(actor, None, query_string={"csrf_token": token})
    actor.client.set_cookie("csrf_token", token, domain="portal.example")
    check_all_refused(actor, None)


def test_with_the_right_token_from_another_site(directory: DirectoryFixture) -> None:
    actor = directory.actor(ACTOR)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://portal.example.evil.example"},
        {"Origin": "http://portal.example"},
        {"Origin": "null"},
    ):
        check_all_refused(actor, actor.token(), headers=headers)


def test_with_a_removed_key(make_directory: Callable[..., DirectoryFixture]) -> None:
    directory = make_directory(secret_keys=("another-key-of-the-directory-that-is-long-enough",))
    old = make_directory().actor(ACTOR).token()
    check_all_refused(directory.actor(ACTOR), old)


def test_pages_without_a_token_ignore_the_session(directory: DirectoryFixture) -> None:
    """So that a page of another site, which can send these with a person's cookies, gains nothing by it."""
    exempt = [route for route in list_unsafe_routes(directory) if route.row.no_token]
    assert {route.rule for route in exempt} == {
        "/webhooks/<any(profilebakery, headshotpro):slug>",
        "/login/initiate",
        "/login/backchannel-logout",
        "/mute/<token>",
        "/mute/<token>/undo",
    }
    for route in exempt:
        responses = []
        for name in ("anonymous", ACTOR):
            actor = directory.actor(name)
            before = directory.dump()
            form = {field: actor.fill(value) for field, value in route.row.form.items()}
            response = actor.call(
                route.method, actor.path(route), form=form, headers={"Sec-Fetch-Site": "cross-site", "Origin": "null"}
            )
            responses.append((response.status_code, response.headers.get("Location", "").partition("?")[0]))
            assert list_unexpected_changes(before, directory.dump(), SEEN | AUDITED | {"sign_in_attempts"}) == set(), (
                route
            )
        assert responses[0] == responses[1], route


def _signed(directory: DirectoryFixture, raw: str) -> str:
    from itsdangerous import URLSafeTimedSerializer  # noqa: PLC0415 - this one test forges with the right key

    made = URLSafeTimedSerializer(directory.app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(raw)
    assert isinstance(made, str)
    return made
