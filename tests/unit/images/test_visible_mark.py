"""The visible mark: in every size, beside the face, inside circles and byte caps, legible, and never in own photos."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops

from portal.domain.crops import Crop, FaceBox, PixelBox, build_automatic_crop
from portal.domain.kit_files import KIT_FILES, KitFileSpec, KitShape, find_kit_file
from portal.images.decode import decode_with_provenance
from portal.images.kit import VisibleMark, render_kit_file
from portal.images.provenance import Provenance
from portal.images.visible_mark import ENGLISH_TEXTS, MarkTexts, draw_mark, estimate_face
from tests.unit.images.photos import build_noise, load_portrait

FACE = FaceBox(0.32, 0.15, 0.22, 0.18)
LABEL = Provenance("trainedAlgorithmicMedia")
keys = pytest.mark.parametrize("spec", KIT_FILES, ids=lambda spec: spec.key)


def find_mark(plain: Image.Image, marked: Image.Image) -> tuple[int, int, int, int]:
    """Return the box of the pixels that the mark changed."""
    difference = ImageChops.difference(plain.convert("RGB"), marked.convert("RGB")).convert("L")
    # JPEG also changes the blocks around the plate a little.
    box = difference.point(lambda value: 255 if value > 60 else 0).getbbox()
    assert box is not None
    return box


def render_file(spec: KitFileSpec, mark: VisibleMark | None, image: Image.Image) -> tuple[Image.Image, bytes]:
    crop = build_automatic_crop(image.width, image.height, FACE)
    content = render_kit_file(image, crop, spec, LABEL, mark).content
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture, content


@keys
def test_every_size_has_the_mark_beside_the_face_and_keeps_cap_and_label(spec: KitFileSpec) -> None:
    image = load_portrait(1600, 2000)
    plain, _ = render_file(spec, None, image)
    marked, content = render_file(spec, VisibleMark(ENGLISH_TEXTS, FACE), image)
    assert marked.size == plain.size
    assert spec.max_bytes is None or len(content) <= spec.max_bytes
    assert decode_with_provenance(content).provenance.source_type == LABEL.source_type
    left, top, right, bottom = find_mark(plain, marked)
    # The face is in the upper two thirds of every cut of this portrait.
    assert top > marked.height * 0.7
    assert right - left <= marked.width * 0.5
    assert bottom - top >= 7
    if spec.shape is not KitShape.CIRCLE:
        assert left > marked.width / 2


@keys
def test_cap_holds_for_a_picture_that_compresses_badly(spec: KitFileSpec) -> None:
    mark = VisibleMark(ENGLISH_TEXTS, estimate_face(2400, 3000))
    content = render_kit_file(build_noise(2400, 3000), Crop(0.5, 0.4, 0.8), spec, LABEL, mark).content
    assert spec.max_bytes is None or len(content) <= spec.max_bytes


@pytest.mark.parametrize("key", ["signature-128", "signature-256"])
def test_mark_of_a_circle_is_inside_of_it(key: str) -> None:
    spec = find_kit_file(key)
    assert spec is not None
    plain, _ = render_file(spec, None, load_portrait(1600, 2000))
    marked, _ = render_file(spec, VisibleMark(ENGLISH_TEXTS, FACE), load_portrait(1600, 2000))
    left, top, right, bottom = find_mark(plain, marked)
    for corner in ((left, top), (right - 1, top), (left, bottom - 1), (right - 1, bottom - 1)):
        assert marked.getchannel("A").getpixel(corner) == 255


@pytest.mark.parametrize(
    ("face", "is_right", "is_bottom"),
    [
        (PixelBox(200, 100, 400, 300), True, True),
        (PixelBox(300, 400, 600, 600), False, True),
        (PixelBox(0, 400, 600, 600), True, False),
        (PixelBox(200, 0, 600, 600), False, True),
    ],
)
def test_corner_without_the_face_is_taken(face: PixelBox, is_right: bool, is_bottom: bool) -> None:
    plain = Image.new("RGB", (600, 600), "#ffffff")
    left, top, right, bottom = find_mark(plain, draw_mark(plain, ENGLISH_TEXTS, face))
    assert ((left + right) / 2 > 300) is is_right
    assert ((top + bottom) / 2 > 300) is is_bottom
    assert right <= face.left or left >= face.right or bottom <= face.top or top >= face.bottom


def test_face_that_fills_the_picture_leaves_the_short_mark_in_a_corner() -> None:
    plain = Image.new("RGB", (600, 600), "#ffffff")
    left, _top, right, bottom = find_mark(plain, draw_mark(plain, ENGLISH_TEXTS, PixelBox(0, 0, 600, 600)))
    assert right - left < 60
    assert bottom > 570


@pytest.mark.parametrize("ground", ["#ffffff", "#000000", "#7f7f7f"])
def test_text_has_contrast_on_any_ground(ground: str) -> None:
    plain = Image.new("RGB", (648, 648), ground)
    marked = draw_mark(plain, ENGLISH_TEXTS, PixelBox(200, 100, 400, 300)).convert("L")
    plate = marked.crop((648 - 13 - 100, 648 - 13 - 20, 648 - 13 - 4, 648 - 13 - 4))
    darkest, brightest = plate.getextrema()
    assert isinstance(darkest, int)
    assert darkest <= 80
    assert brightest == 255


def test_small_pictures_take_the_short_text() -> None:
    plain = Image.new("RGB", (96, 96), "#ffffff")
    left, _, right, _ = find_mark(plain, draw_mark(plain, MarkTexts("KI-generiert", "KI"), PixelBox(30, 15, 60, 50)))
    assert right - left < 30


def test_language_that_the_font_lacks_is_drawn_in_english() -> None:
    plain, face = Image.new("RGB", (600, 600)), PixelBox(200, 100, 400, 300)
    drawn = draw_mark(plain, MarkTexts("AI 生成", "AI"), face)
    assert drawn.tobytes() == draw_mark(plain, ENGLISH_TEXTS, face).tobytes()


def test_original_is_left_as_it_was() -> None:
    image = load_portrait(400, 500)
    before = image.tobytes()
    draw_mark(image, ENGLISH_TEXTS, PixelBox(100, 50, 200, 150))
    assert image.tobytes() == before
