"""The AI label is in every file made from a generated photo, and in none made from an own photo."""

from __future__ import annotations

import io
from functools import cache

import pytest
from PIL import Image

from portal.domain.crops import Crop
from portal.domain.kit_files import KIT_FILES, KitFileSpec
from portal.domain.renditions import RENDITIONS
from portal.images.decode import decode_with_provenance
from portal.images.kit import render_kit_file
from portal.images.provenance import build_generated_provenance
from portal.images.renditions import render_photo
from tests.unit.images.photos import encode_image, load_portrait

LABEL = "trainedAlgorithmicMedia"
ORIGIN = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"/>'
    b"</rdf:RDF></x:xmpmeta>"
)
formats = pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])


def read_label(content: bytes) -> str | None:
    """Return the label of a file, as another program would read it."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return decode_with_provenance(content).provenance.source_type


@pytest.mark.slow
@formats
def test_every_rendition_carries_the_label(image_format: str) -> None:
    photo = render_photo(encode_image(load_portrait(1400, 1750), image_format), is_generated=True)
    assert {file.spec.name for file in photo.files} == {spec.name for spec in RENDITIONS}
    assert {file.spec.name: read_label(file.content) for file in photo.files} == {
        spec.name: LABEL for spec in RENDITIONS
    }


@formats
def test_a_weaker_label_of_the_studio_becomes_the_ai_label(image_format: str) -> None:
    photo = render_photo(encode_image(load_portrait(), image_format, xmp=ORIGIN), is_generated=True)
    assert {read_label(file.content) for file in photo.files} == {LABEL}


@formats
def test_own_photo_gets_no_ai_label(image_format: str) -> None:
    photo = render_photo(encode_image(load_portrait(), image_format))
    assert {read_label(file.content) for file in photo.files} == {None}


@cache
def render_original() -> bytes:
    """Return the first rendition of a generated photo; rendering all of them takes a second."""
    return render_photo(encode_image(load_portrait(1400, 1750), "PNG"), is_generated=True).files[0].content


@pytest.mark.slow
@pytest.mark.parametrize("spec", KIT_FILES, ids=lambda spec: spec.key)
def test_every_kit_file_of_a_stored_rendition_carries_the_label(spec: KitFileSpec) -> None:
    opened = decode_with_provenance(render_original())
    provenance = build_generated_provenance(opened.provenance)
    file = render_kit_file(opened.image, Crop(0.5, 0.4, 0.8), spec, provenance)
    assert read_label(file.content) == LABEL
    assert spec.max_bytes is None or len(file.content) <= spec.max_bytes
