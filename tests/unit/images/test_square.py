"""The square for directories: exact size, under its byte cap, cut around the face."""

from __future__ import annotations

import pytest
from PIL import Image

from portal.domain.renditions import FOCUS
from portal.images.errors import CannotFit, NotAPhoto
from portal.images.square import compute_focus_box, render_square
from tests.unit.images.photos import TRAINED, XMP, exif_with_gps, portrait, reopened, saved

CAP = 100 * 1024


def noisy(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 90).convert("RGB")


@pytest.mark.parametrize(("width", "height"), [(1024, 1280), (4000, 3000), (648, 648), (200, 300)])
def test_is_exactly_the_asked_size_whatever_came(width: int, height: int) -> None:
    image = reopened(render_square(saved(portrait(width, height)), 648, max_bytes=CAP))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (648, 648))
    assert not image.info.get("progressive")


def test_steps_quality_down_until_it_fits() -> None:
    content = saved(noisy(700, 700), quality=95)
    free = render_square(content, 648)
    capped = render_square(content, 648, max_bytes=CAP * 2)
    assert len(free) > CAP * 2 >= len(capped)
    assert len(capped) > CAP / 2  # not thrown down further than needed


def test_gives_up_rather_than_spoil_a_face() -> None:
    with pytest.raises(CannotFit) as refused:
        render_square(saved(noisy(700, 700)), 648, max_bytes=5000)
    assert refused.value.limit == 5000


def test_fits_the_old_directory_sizes() -> None:
    assert len(render_square(saved(portrait(1024, 1280)), 96, max_bytes=10 * 1024)) <= 10 * 1024


def test_is_cut_where_pages_show_the_circle() -> None:
    # What CSS does with object-fit: cover and object-position: 50% 38% on a square.
    assert compute_focus_box(1000, 1500) == (0, 190, 1000, 1190)
    assert compute_focus_box(1500, 1000) == (250, 0, 1250, 1000)
    assert compute_focus_box(7, 7) == (0, 0, 7, 7)
    assert FOCUS == (0.5, 0.38)


def test_cuts_and_does_not_squeeze() -> None:
    tall = Image.new("RGB", (400, 800), "black")
    tall.paste("white", (0, 152, 400, 552))
    darkest, _ = reopened(render_square(saved(tall, quality=95), 200)).convert("L").getextrema()
    assert isinstance(darkest, int)
    assert darkest > 180


def test_is_upright_clean_and_labelled() -> None:
    sideways = portrait(1024, 1280).transpose(Image.Transpose.ROTATE_90)
    data = render_square(saved(sideways, exif=exif_with_gps(6), xmp=XMP), 64)
    upright = reopened(render_square(saved(portrait(1024, 1280)), 64))
    assert b"Canary" not in data
    assert TRAINED.encode() in data
    differences = zip(reopened(data).tobytes(), upright.tobytes(), strict=True)
    assert sum(abs(a - b) for a, b in differences) / (64 * 64 * 3) < 6


def test_refuses_what_is_no_photo() -> None:
    with pytest.raises(NotAPhoto):
        render_square(b"<html>", 648)
