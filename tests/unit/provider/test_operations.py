"""Each operation: what it sends, what it makes of the documented response, and how lists are walked."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from portal.domain.brands import HEADSHOTPRO
from portal.provider import ProviderClient, errors
from portal.provider.client import _build_base_urls
from tests.unit.provider.operation_cases import MODEL, OPERATIONS, ORGANIZATION, PAGE, SENT, Operation
from tests.unit.provider.scripted_server import ReceivedRequest, Reply, ScriptedServer


@pytest.mark.parametrize("wrapped", [False, True], ids=["top", "data"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation(server: ScriptedServer, client: ProviderClient, operation: Operation, wrapped: bool) -> None:
    response = {"data": operation.response} if wrapped else operation.response
    server.set_replies(Reply(200, {"success": True} | response))
    assert operation.read(operation.call(client)) == operation.expected
    assert (server.requests[0].method, server.requests[0].path) == (
        operation.method,
        f"/api/v2/organization{operation.path}",
    )


def test_all_operations_are_covered() -> None:
    assert len({str(operation) for operation in OPERATIONS}) == 24


def test_the_old_api_behind_the_same_types(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(
        Reply(200, {"organization": ORGANIZATION}),
        Reply(200, {"credits": 4}),
        Reply(200, {"invites": [{"id": "i", "email": "a@x", "valid": True, "used": False, "link": "https://l"}]}),
        Reply(200, SENT),
        Reply(200, {"message": "Invite revoked"}),
        Reply(200, {"invite": {"email": "a@x", "status": "waiting-for-upload", "teamId": None}}),
    )
    assert client.get_organization(api_version="v1").uid == "org_1"
    assert client.get_credits(api_version="v1") == 4
    assert client.list_invites(api_version="v1")[0].status == "pending"
    assert client.create_invite("a@x", team_id="t", api_version="v1").id == "i1"
    client.revoke_invite("a@x", api_version="v1")
    assert client.get_invite_by_id("i").status == "accepted"
    assert [f"{requested.method} {requested.path}" for requested in server.requests] == [
        "GET /api/v1/organization",
        "GET /api/v1/organization/credits",
        "GET /api/v1/organization/invites",
        "POST /api/v1/organization/invite",
        "POST /api/v1/organization/invite/revoke",
        "GET /api/v1/organization/invite/id/i",
    ]


def test_base_url_follows_the_setting() -> None:
    assert _build_base_urls(HEADSHOTPRO, None) == {"v2": HEADSHOTPRO.api_url, "v1": HEADSHOTPRO.v1_url}
    assert _build_base_urls(HEADSHOTPRO, "http://localhost:5001/api/v2/") == {
        "v2": "http://localhost:5001/api/v2",
        "v1": "http://localhost:5001/api/v1",
    }
    assert _build_base_urls(HEADSHOTPRO, "http://localhost:5001/api/v1") == _build_base_urls(
        HEADSHOTPRO, "http://localhost:5001/api/v2"
    )


def test_an_address_of_the_old_api_chooses_it(server: ScriptedServer) -> None:
    client = ProviderClient(HEADSHOTPRO, "key", f"{server.origin}/api/v1")
    server.set_replies(
        Reply(200, {"organization": ORGANIZATION}),
        Reply(200, {"credits": 4}),
        Reply(200, {"invites": []}),
        Reply(200, SENT),
        Reply(200, {"message": "Invite revoked"}),
        Reply(200, {"credits": 3}),
    )
    client.get_organization()
    client.get_credits()
    client.list_invites()
    client.create_invite("a@x")
    client.revoke_invite("a@x")
    assert all(requested.path.startswith("/api/v1/") for requested in server.requests)
    assert client.get_credits(api_version="v2") == 3
    assert server.requests[-1].path == "/api/v2/organization/credits"
    client.close()


def build_pages(items: list[dict[str, Any]], key: str = "models", cap: int = 200) -> Callable[[ReceivedRequest], Reply]:
    """A server that paginates with a page size of its own."""

    def build_reply(requested: ReceivedRequest) -> Reply:
        offset = int(requested.query["offset"])
        some = items[offset : offset + min(int(requested.query["limit"]), cap)]
        more = offset + len(some) < len(items)
        return Reply(200, {key: some, "pagination": {"total": len(items), "hasMore": more}})

    return build_reply


def build_models(count: int) -> list[dict[str, Any]]:
    return [{"id": f"m{number}", "status": "active"} for number in range(count)]


@pytest.mark.parametrize(("count", "cap", "calls"), [(0, 200, 1), (200, 200, 1), (450, 200, 3), (100, 30, 4)])
def test_all_pages_are_walked(server: ScriptedServer, client: ProviderClient, count: int, cap: int, calls: int) -> None:
    server.set_replies(build_pages(build_models(count), cap=cap))
    assert [model.id for model in client.list_models()] == [f"m{number}" for number in range(count)]
    assert len(server.requests) == calls
    assert server.requests[0].query == {"limit": "200", "offset": "0"}


def test_pages_are_fetched_as_they_are_needed(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(build_pages(build_models(450)))
    walk = client.list_models("active", "t1")
    assert server.requests == []
    next(walk)
    assert len(server.requests) == 1
    assert server.requests[0].query == {"status": "active", "teamId": "t1", "limit": "200", "offset": "0"}


def test_items_moving_between_pages_are_listed_once(server: ScriptedServer, client: ProviderClient) -> None:
    more, last = {"hasMore": True}, {"hasMore": False}
    server.set_replies(
        Reply(200, {"models": build_models(3), "pagination": more}),
        Reply(200, {"models": build_models(5)[2:], "pagination": last}),
    )
    assert [model.id for model in client.list_models()] == ["m0", "m1", "m2", "m3", "m4"]


@pytest.mark.parametrize("deleted", [1, 3, 199, 200, 250])
@pytest.mark.parametrize("first", [0, 150])
def test_items_deleted_between_two_pages_lose_no_others(
    server: ScriptedServer, client: ProviderClient, deleted: int, first: int
) -> None:
    items = build_models(650)
    honest = build_pages(items)
    removed = [item["id"] for item in items[first : first + deleted]]

    def shifting(requested: ReceivedRequest) -> Reply:
        reply = honest(requested)
        if len(server.requests) == 1:
            del items[first : first + deleted]
        return reply

    server.set_replies(shifting)
    found = [model.id for model in client.list_models()]
    assert {item["id"] for item in items} <= set(found)
    assert len(found) == len(set(found))
    assert set(found) - {item["id"] for item in items} <= set(removed)


def test_items_inserted_between_two_pages_cost_no_extra_call(server: ScriptedServer, client: ProviderClient) -> None:
    items = build_models(390)
    honest = build_pages(items)

    def shifting(requested: ReceivedRequest) -> Reply:
        reply = honest(requested)
        if len(server.requests) == 1:
            items[:0] = [{"id": "new", "status": "active"}]
        return reply

    server.set_replies(shifting)
    assert {model.id for model in client.list_models()} == {f"m{number}" for number in range(390)}
    assert len(server.requests) == 2


def test_server_that_ignores_the_offset_ends_the_listing(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(200, {"models": build_models(2), "pagination": {"hasMore": True}}))
    assert len(list(client.list_models())) == 2
    assert len(server.requests) <= 4


def test_an_empty_page_ends_even_if_more_is_promised(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(200, {"models": [], "pagination": {"hasMore": True}}))
    assert list(client.list_models()) == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("pagination", [None, {}, "x", {"hasMore": "perhaps"}])
def test_without_more_information_a_short_page_is_the_last(
    server: ScriptedServer, client: ProviderClient, pagination: Any
) -> None:
    server.set_replies(
        Reply(200, {"models": build_models(200), "pagination": pagination}),
        Reply(200, {"models": [{"id": "last", "status": "active"}], "pagination": pagination}),
    )
    assert len(list(client.list_models())) == 201


def test_one_bad_item_does_not_hide_the_others(
    server: ScriptedServer, client: ProviderClient, caplog: pytest.LogCaptureFixture
) -> None:
    server.set_replies(Reply(200, {"models": [{"id": None, "email": "canary"}, MODEL, 5], "pagination": PAGE}))
    with caplog.at_level(logging.WARNING):
        assert [model.id for model in client.list_models()] == ["m1"]
    [record] = caplog.records
    assert (record.message, record.__dict__["unusable"], record.__dict__["listed"]) == ("provider.items_unusable", 2, 3)
    assert "canary" not in caplog.text


@pytest.mark.parametrize("response", [{"models": [5]}, {"models": {}}, {"models": None}, {"items": []}])
def test_a_list_of_nothing_usable_is_an_error(
    server: ScriptedServer, client: ProviderClient, response: dict[str, Any]
) -> None:
    server.set_replies(Reply(200, response))
    with pytest.raises(errors.UnexpectedResponse):
        list(client.list_models())


def test_find_model_by_email(server: ScriptedServer, client: ProviderClient) -> None:
    def model(model_id: str, email: str | None, day: int, status: str = "active") -> dict[str, Any]:
        return {"id": model_id, "email": email, "status": status, "createdAt": f"2026-01-{day:02}T00:00:00Z"}

    listed = [
        model("old", "ada@example.com", 1),
        model("wanted", " Ada@Example.COM ", 3),
        model("deleted", "ada@example.com", 9, "deleted"),
        model("other", "bob@example.com", 9),
        model("nobody", None, 9),
    ]
    server.set_replies(build_pages(build_models(250) + listed))
    found = client.find_model_by_email("ADA@example.com ")
    assert found is not None
    assert found.id == "wanted"
    assert client.find_model_by_email("eve@example.com") is None


@pytest.mark.parametrize(
    "response",
    [{"photo": None, "message": "No favorite"}, {"photo": None}, {"message": "No favorite"},
     {"data": {"photo": None}}, {"data": {"message": "none"}}],
)  # fmt: skip
def test_no_favorite(server: ScriptedServer, client: ProviderClient, response: dict[str, Any]) -> None:
    server.set_replies(Reply(200, {"success": True} | response))
    assert client.get_favorite("m1") is None


@pytest.mark.parametrize("response", [{}, {"photo": {}}, {"photo": []}, {"data": {}}])
def test_unreadable_favorite(server: ScriptedServer, client: ProviderClient, response: dict[str, Any]) -> None:
    server.set_replies(Reply(200, response))
    with pytest.raises(errors.UnexpectedResponse):
        client.get_favorite("m1")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, {"success": False, "code": "NOT_FOUND"}),
        Reply(400, {"success": False, "code": "ALREADY_DELETED"}),
        Reply(200, {"success": False, "code": "ALREADY_DELETED"}),
        Reply(204),
    ],
)
def test_deleted_object_is_missing(server: ScriptedServer, client: ProviderClient, reply: Reply) -> None:
    server.set_replies(reply)
    client.delete_model("m1")
    client.delete_team("t1")
    client.revoke_invite("a@x")
    assert [requested.method for requested in server.requests] == ["DELETE", "DELETE", "POST"]


BY_ID: dict[str, Callable[[ProviderClient, str], Any]] = {
    "/invites/{}": lambda c, one: c.get_invite(one),
    "/invite/id/{}": lambda c, one: c.get_invite_by_id(one),
    "/teams/{} PUT": lambda c, one: c.rename_team(one, "New"),
    "/teams/{} DELETE": lambda c, one: c.delete_team(one),
    "/teams/{}/members": lambda c, one: c.add_team_members(one, ["a@x"]),
    "/models/{}": lambda c, one: c.get_model(one),
    "/models/{} DELETE": lambda c, one: c.delete_model(one),
    "/models/{}/photos": lambda c, one: list(c.list_photos(one)),
    "/models/{}/photos/favorite": lambda c, one: c.get_favorite(one),
    "/models/{}/photos/p1": lambda c, one: c.get_photo(one, "p1"),
    "/models/m1/photos/{}": lambda c, one: c.get_photo("m1", one),
    "/models/{}/photos/download": lambda c, one: c.get_downloads(one),
}


@pytest.mark.parametrize("hostile", ["../../organization", "a/b?c=d", "a#b", "a%2fb", "a\\b", "é;x", "a b"])
@pytest.mark.parametrize("template", BY_ID)
def test_an_id_stays_one_segment_in_every_operation(
    server: ScriptedServer, client: ProviderClient, template: str, hostile: str
) -> None:
    server.set_replies(Reply(404, {"success": False, "code": "NOT_FOUND"}))
    with contextlib.suppress(errors.ProviderError):
        BY_ID[template](client, hostile)
    expected = template.partition(" ")[0].format(quote(hostile, safe=""))
    assert server.requests[0].path.partition("/organization")[2] == expected


@pytest.mark.parametrize("hostile", ["", ".", ".."])
@pytest.mark.parametrize("template", BY_ID)
def test_an_id_that_is_no_segment_is_never_sent(
    server: ScriptedServer, client: ProviderClient, template: str, hostile: str
) -> None:
    with contextlib.suppress(errors.NotFound):
        BY_ID[template](client, hostile)
    assert server.requests == []


def test_a_team_that_is_not_in_the_response(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(200, {"organization": ORGANIZATION}))
    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.create_team("Other")
    assert caught.value.outcome_unknown
    with pytest.raises(errors.UnexpectedResponse):
        client.rename_team("t9", "New")


def test_what_lists_and_writes_send(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(200, {"photos": [], "members": [], "downloads": [], "pagination": PAGE}))
    list(client.list_photos("m1", status="deleted", liked_status="loved"))
    list(client.list_favorites(team_id="t1"))
    list(client.list_members("finished"))
    client.get_downloads("m1")
    page = {"limit": "200", "offset": "0"}
    assert [requested.query for requested in server.requests] == [
        {"include": "all", "status": "deleted", "likedStatus": "loved"} | page,
        {"include": "main", "teamId": "t1"} | page,
        {"status": "finished"} | page,
        {},
    ]
    assert server.requests[3].json == {"include": "all"}
