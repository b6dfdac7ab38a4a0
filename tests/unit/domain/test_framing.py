"""The frame's permission, the page's header and its content policy name the same origins."""

from __future__ import annotations

import pytest

from portal.domain.framing import camera_policy, disagreement, frame_allow, frame_sources, unusable

ONE, TWO = "https://studio.example", "https://camera.example"


@pytest.mark.parametrize("origins", [(), (ONE,), (ONE, TWO)])
def test_from_one_list_all_three_agree(origins: tuple[str, ...]) -> None:
    header = f"{camera_policy(origins)}, geolocation=()"
    policy = f"default-src 'self'; {frame_sources(origins)}; base-uri 'none'"
    assert disagreement(allow=frame_allow(origins), permissions_policy=header, content_policy=policy) == set()


def test_whatever_one_of_them_lacks_is_named() -> None:
    both, one = (ONE, TWO), (ONE,)
    for allow, camera, frames in ((one, both, both), (both, one, both), (both, both, one)):
        found = disagreement(
            allow=frame_allow(allow), permissions_policy=camera_policy(camera), content_policy=frame_sources(frames)
        )
        assert found == {TWO}


def test_a_page_without_a_studio_gives_nobody_the_camera() -> None:
    assert (camera_policy(()), frame_sources(())) == ("camera=()", "frame-src 'none'")


def test_plain_http_is_of_no_use_inside_https() -> None:
    origins = (ONE, "http://studio.example")
    assert unusable(origins, is_secure=True) == ["http://studio.example"]
    assert unusable(origins, is_secure=False) == []
