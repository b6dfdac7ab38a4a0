"""Picture files: for their owner alone, with headers that let nothing else happen to them."""

from __future__ import annotations

from collections.abc import Callable

from portal.models.people import Person
from portal.models.photos import Photo
from tests import factories
from tests.integration.web_pages.conftest import Visitor


def test_the_owner_gets_the_bytes(visitor: Visitor, finished: list[Photo]) -> None:
    response = visitor.get(f"/photos/{finished[0].id}/320.webp")
    assert response.status_code == 200
    assert response.data[8:12] == b"WEBP"
    assert response.content_type == "image/webp"
    assert response.content_length == len(response.data)
    headers = response.headers
    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Disposition"] == 'inline; filename="headshot-320.webp"'
    assert "Cookie" in headers["Vary"]


def test_cached_page_is_revalidated_with_etag(visitor: Visitor, finished: list[Photo]) -> None:
    path = f"/photos/{finished[0].id}/640.jpg"
    etag = visitor.get(path).headers["ETag"]
    again = visitor.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == etag


def test_other_people_get_404(visitor: Visitor, finished: list[Photo], sign_in: Callable[[Person], Visitor]) -> None:
    path = f"/photos/{finished[0].id}/320.webp"
    etag = visitor.get(path).headers["ETag"]
    other = sign_in(factories.make_person())
    assert other.get(path, headers={"If-None-Match": etag}).status_code == 404
    assert visitor.client.application.test_client().get(path).status_code == 401


def test_only_sizes_on_the_list_exist(visitor: Visitor, finished: list[Photo]) -> None:
    for name in ("321.webp", "640.png", "..%2f640.webp", "640.webp%00.html"):
        assert visitor.get(f"/photos/{finished[0].id}/{name}").status_code == 404
