"""Every kit file: its size, its cap, its shape and its label, from large and from small originals."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from portal.domain.crops import Crop
from portal.domain.kit_files import KIT_FILES, KitFileSpec, KitShape, find_kit_file
from portal.images.errors import CannotFit
from portal.images.kit import render_kit_file
from portal.images.provenance import Provenance
from tests.unit.images.photos import build_noise

CROP = Crop(0.5, 0.4, 0.8)
GENERATED = Provenance("trainedAlgorithmicMedia")
OWN = Provenance()
keys = pytest.mark.parametrize("spec", KIT_FILES, ids=lambda spec: spec.key)


def decode_image(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@keys
def test_file_has_the_size_format_and_cap_of_its_row(spec: KitFileSpec) -> None:
    file = render_kit_file(build_noise(2400, 3000), CROP, spec, GENERATED)
    image = decode_image(file.content)
    assert image.size == (file.width, file.height)
    assert image.size[0] == (spec.width or 2400)
    assert spec.height is None or image.size[1] == spec.height
    assert image.get_format_mimetype() == spec.content_type
    assert spec.max_bytes is None or len(file.content) <= spec.max_bytes
    assert not file.is_below_requested_size
    assert "icc_profile" not in image.info
    assert not image.getexif()


@keys
def test_generated_photos_carry_the_ai_label_and_own_photos_do_not(spec: KitFileSpec) -> None:
    image = build_noise(600, 750)
    assert b"trainedAlgorithmicMedia" in render_kit_file(image, CROP, spec, GENERATED).content
    assert b"digitalsourcetype" not in render_kit_file(image, CROP, spec, OWN).content


@keys
def test_small_photo_is_never_enlarged(spec: KitFileSpec) -> None:
    file = render_kit_file(build_noise(300, 400), CROP, spec, OWN)
    assert file.width <= 300
    assert file.height <= 400
    assert file.is_below_requested_size == (spec.width is not None and spec.width > file.width)
    if spec.width is not None and spec.height is not None:
        assert file.width / file.height == pytest.approx(spec.width / spec.height, rel=0.02)


def test_circle_is_transparent_outside_and_opaque_inside() -> None:
    spec = find_kit_file("signature-128")
    assert spec is not None
    assert spec.shape is KitShape.CIRCLE
    alpha = decode_image(render_kit_file(build_noise(800, 800), CROP, spec, OWN).content).getchannel("A")
    assert alpha.getpixel((0, 0)) == 0
    assert alpha.getpixel((64, 64)) == 255


def test_crop_outside_the_picture_is_moved_inside() -> None:
    spec = find_kit_file("chat")
    assert spec is not None
    file = render_kit_file(build_noise(1600, 2000), Crop(4.0, -3.0, 9.0), spec, OWN)
    assert (file.width, file.height) == (1024, 1024)


def test_cap_that_no_quality_meets_is_refused() -> None:
    with pytest.raises(CannotFit) as refused:
        render_kit_file(
            build_noise(800, 800), CROP, KitFileSpec("tiny", KitShape.SQUARE, 700, 700, max_bytes=3000), OWN
        )
    assert refused.value.limit == 3000


def test_keys_are_unique() -> None:
    assert len({spec.key for spec in KIT_FILES}) == len(KIT_FILES)
