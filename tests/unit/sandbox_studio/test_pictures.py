"""The gallery made from uploads: sizes, sameness by seed, variety, labels, and a face that stays in the frame."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from PIL import ExifTags, Image, ImageChops, ImageStat

from sandbox.studio import labels
from sandbox.studio.framing import Face, choose_crop, find_face
from sandbox.studio.pictures import Picture, render_gallery
from tests.unit.sandbox_studio.portraits import build_photo, build_scene, decode_image, encode_image, load_portrait

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def gallery() -> list[Picture]:
    uploads = [
        encode_image(load_portrait(), quality=90),
        encode_image(load_portrait().crop((150, 0, 950, 1000)), quality=90),
    ]
    return list(render_gallery(uploads, 6, "seed-1"))


def test_sizes_and_format(gallery: list[Picture]) -> None:
    for picture in gallery:
        images = [decode_image(picture.original), decode_image(picture.main), decode_image(picture.thumbnail)]
        assert [image.size for image in images] == [(1024, 1280), (768, 960), (320, 400)]
        assert {image.format for image in images} == {"JPEG"}


def test_same_seed_same_bytes() -> None:
    uploads = [build_photo(1), build_photo(2)]
    once, again = (list(render_gallery(uploads, 3, "a")) for _ in range(2))
    assert once == again
    assert list(render_gallery(uploads, 3, "b")) != once


def test_no_two_pictures_are_alike(gallery: list[Picture]) -> None:
    small = [decode_image(picture.thumbnail).resize((32, 40), Image.Resampling.BOX) for picture in gallery]
    for one, next_one in pairwise(small):
        assert sum(ImageStat.Stat(ImageChops.difference(one, next_one)).mean) > 10
    assert len({picture.original for picture in gallery}) == len(gallery)


def test_forty_from_one_upload_are_forty() -> None:
    assert len({picture.thumbnail for picture in render_gallery([build_photo()], 40, "s")}) == 40


def test_pictures_are_in_color_and_in_black_and_white() -> None:
    pictures = render_gallery([encode_image(load_portrait(), quality=90)], 10, "tones")
    gray = [_is_gray(decode_image(picture.thumbnail)) for picture in pictures]
    assert 1 <= sum(gray) <= 4


def _is_gray(image: Image.Image) -> bool:
    red, green, _ = image.split()
    return ImageStat.Stat(ImageChops.difference(red, green)).mean[0] < 2


def test_needs_uploads() -> None:
    with pytest.raises(ValueError, match="at least one upload"):
        render_gallery([], 3, "s")


def test_carries_the_ai_label(gallery: list[Picture]) -> None:
    expected = b'Iptc4xmpExt:DigitalSourceType="' + labels.DIGITAL_SOURCE_TYPE.encode() + b'"'
    for picture in gallery:
        assert expected in decode_image(picture.original).info["xmp"]
        assert expected in decode_image(picture.main).info["xmp"]


def test_only_the_original_has_exif_camera_and_location(gallery: list[Picture]) -> None:
    for picture in gallery:
        exif = decode_image(picture.original).getexif()
        assert exif[ExifTags.Base.Make] == "Sandbox"
        assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
        assert not decode_image(picture.main).getexif()
        assert not decode_image(picture.thumbnail).getexif()


def test_every_picture_is_marked() -> None:
    plain = Image.new("RGB", (1024, 1280), (120, 120, 120))
    marked = plain.copy()
    labels.draw_watermark(marked)
    box = ImageChops.difference(plain, marked).getbbox()
    assert box is not None
    assert box[0] > 1024 * 0.8
    assert box[1] > 1280 * 0.9


def test_finds_the_face() -> None:
    face = find_face(load_portrait())
    assert 0.38 < face.x < 0.52
    assert 0.12 < face.y < 0.33
    assert 0.1 < face.width < 0.35


def test_finds_the_face_wherever_it_is_and_however_dark() -> None:
    wide = Image.new("RGB", (2000, 1300), (110, 125, 140))
    dimmed = load_portrait().resize((900, 900)).point([round((value / 255) ** 1.8 * 200) for value in range(256)] * 3)
    wide.paste(dimmed, (900, 250))
    face = find_face(wide)
    assert abs(face.x - (900 + 0.44 * 900) / 2000) < 0.06
    assert abs(face.y - (250 + 0.23 * 900) / 1300) < 0.10


def test_without_a_face_centers_on_the_upper_part() -> None:
    assert find_face(Image.new("RGB", (900, 1200), (90, 110, 140))) == Face(0.5, 0.40, 0.30)


@pytest.mark.parametrize("size", [(512, 512), (2048, 900), (900, 2048)])
@pytest.mark.parametrize("face", [Face(0.02, 0.02, 0.1), Face(0.98, 0.98, 0.46), Face(0.5, 0.4, 0.3)])
def test_crops_stay_inside_and_keep_their_shape(size: tuple[int, int], face: Face) -> None:
    for number in range(20):
        left, top, right, bottom = choose_crop(size, face, random.Random(number)).box
        assert left >= 0
        assert top >= 0
        assert right <= size[0] + 1e-6
        assert bottom <= size[1] + 1e-6
        assert (right - left) / (bottom - top) == pytest.approx(0.8)


def test_odd_uploads_are_rendered() -> None:
    gray = encode_image(build_scene().convert("L"))
    tiny = encode_image(build_scene((512, 512)))
    assert len(list(render_gallery([gray, tiny], 4, "odd"))) == 4
