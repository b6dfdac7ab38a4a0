"""The provider's 24 operations as a table: the call, the documented response to it, and what is read from that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.provider import ProviderClient

MODEL = {"id": "m1", "status": "active", "email": "ada@example.com"}
PHOTO = {"id": "p1", "urls": {"main": "https://cdn/p1"}}
ORGANIZATION = {"uid": "org_1", "name": "O", "website": "https://o", "teams": [{"id": "t1", "name": "New"}]}
MEMBER = {"id": "u1", "email": "ada@example.com", "status": "finished"}
PAGE = {"total": 1, "limit": 200, "offset": 0, "hasMore": False}
INVITE = {"email": "a@x", "status": "pending"}
SENT = {"input": {"email": "a@x"}, "message": "Invite sent", "link": "https://l/?invite=i1", "id": "i1"}
SESSION = {"modelId": "m1", "status": "onboarding", "signedUrl": "https://s/?token=t"}
DOWNLOADS = {"downloads": [{"photoId": "p1", "url": "https://cdn/p1"}], "expiresAt": "2026-03-02T00:00:00Z"}


@dataclass(frozen=True)
class Operation:
    """One row. `path` follows `/api/v2/organization`; `read` takes what `call` returned to `expected`."""

    method: str
    path: str
    response: dict[str, Any]
    call: Callable[[ProviderClient], Any]
    read: Callable[[Any], Any]
    expected: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def get_first_id(items: Any) -> Any:
    return items[0].id


def get_itself(value: Any) -> Any:
    return value


def get_id(value: Any) -> Any:
    return value.id


OPERATIONS = [
    Operation(*row)
    for row in [
        ("GET", "", {"organization": ORGANIZATION}, lambda c: c.get_organization(), lambda o: o.uid, "org_1"),
        ("GET", "/credits", {"credits": 2.25}, lambda c: c.get_credits(), get_itself, Decimal("2.25")),
        ("GET", "/invites", {"invites": [INVITE]}, lambda c: c.list_invites(), lambda v: v[0].status, "pending"),
        ("POST", "/invites", SENT, lambda c: c.create_invite("a@x"), get_id, "i1"),
        ("GET", "/invites/a%40x", {"invite": INVITE}, lambda c: c.get_invite("a@x"), lambda i: i.email, "a@x"),
        (
            "POST",
            "/invites/revoke",
            {"message": "Invite revoked"},
            lambda c: c.revoke_invite("a@x"),
            get_itself,
            None,
        ),
        ("GET", "/teams", {"teams": ORGANIZATION["teams"]}, lambda c: c.list_teams(), get_first_id, "t1"),
        ("POST", "/teams", {"organization": ORGANIZATION}, lambda c: c.create_team(" New "), get_id, "t1"),
        ("PUT", "/teams/t1", {"organization": ORGANIZATION}, lambda c: c.rename_team("t1", "New"), get_id, "t1"),
        ("DELETE", "/teams/t1", {"organization": ORGANIZATION}, lambda c: c.delete_team("t1"), get_itself, None),
        (
            "POST",
            "/teams/t1/members",
            {"message": "1"},
            lambda c: c.add_team_members("t1", ["a@x"]),
            get_itself,
            None,
        ),
        (
            "GET",
            "/team",
            {"members": [MEMBER], "pagination": PAGE},
            lambda c: list(c.list_members()),
            get_first_id,
            "u1",
        ),
        ("GET", "/team/accepted", {"members": [MEMBER]}, lambda c: c.list_accepted_members(), get_first_id, "u1"),
        ("GET", "/team/pending", {"members": [MEMBER]}, lambda c: c.list_pending_members(), get_first_id, "u1"),
        ("GET", "/team/finished", {"members": [], "count": 0}, lambda c: c.list_finished_members(), get_itself, ()),
        (
            "GET",
            "/models",
            {"models": [MODEL], "pagination": PAGE},
            lambda c: list(c.list_models()),
            get_first_id,
            "m1",
        ),
        ("POST", "/models", SESSION, lambda c: c.create_model("a@x"), lambda s: s.signed_url, SESSION["signedUrl"]),
        ("GET", "/models/m1", {"model": MODEL}, lambda c: c.get_model("m1"), lambda m: m.status, "active"),
        ("DELETE", "/models/m1", {"message": "gone"}, lambda c: c.delete_model("m1"), get_itself, None),
        ("GET", "/models/m1/photos", {"photos": [PHOTO]}, lambda c: list(c.list_photos("m1")), get_first_id, "p1"),
        ("GET", "/models/m1/photos/favorite", {"photo": PHOTO}, lambda c: c.get_favorite("m1"), get_id, "p1"),
        ("GET", "/models/m1/photos/p1", {"photo": PHOTO}, lambda c: c.get_photo("m1", "p1"), get_id, "p1"),
        ("GET", "/photos/favorites", {"photos": [PHOTO]}, lambda c: list(c.list_favorites()), get_first_id, "p1"),
        (
            "POST",
            "/models/m1/photos/download",
            DOWNLOADS,
            lambda c: c.get_downloads("m1", ["p1"]),
            lambda d: d.links[0].urls.main,
            "https://cdn/p1",
        ),
    ]
]
