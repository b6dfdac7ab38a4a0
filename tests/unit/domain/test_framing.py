"""The frame's permission, the page's header and its content policy name the same origins."""

from __future__ import annotations

import pytest

from portal.domain.framing import (
    build_allow_attribute,
    build_camera_policy,
    build_frame_src,
    find_disagreement,
    list_insecure_origins,
)

ONE, TWO = "https://studio.example", "https://camera.example"


@pytest.mark.parametrize("origins", [(), (ONE,), (ONE, TWO)])
def test_headers_and_permissions_follow_one_list(origins: tuple[str, ...]) -> None:
    header = f"{build_camera_policy(origins)}, geolocation=()"
    policy = f"default-src 'self'; {build_frame_src(origins)}; base-uri 'none'"
    assert (
        find_disagreement(allow=build_allow_attribute(origins), permissions_policy=header, content_policy=policy)
        == set()
    )


def test_missing_frame_permission_is_named() -> None:
    both, one = (ONE, TWO), (ONE,)
    for allow, camera, frames in ((one, both, both), (both, one, both), (both, both, one)):
        found = find_disagreement(
            allow=build_allow_attribute(allow),
            permissions_policy=build_camera_policy(camera),
            content_policy=build_frame_src(frames),
        )
        assert found == {TWO}


def test_page_without_studio_denies_camera() -> None:
    assert (build_camera_policy(()), build_frame_src(())) == ("camera=()", "frame-src 'none'")


def test_plain_http_origins_are_insecure_on_an_https_portal() -> None:
    origins = (ONE, "http://studio.example")
    assert list_insecure_origins(origins, is_secure=True) == ["http://studio.example"]
    assert list_insecure_origins(origins, is_secure=False) == []
