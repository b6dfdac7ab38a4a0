"""The mark of how a picture was made survives; other text does not."""

from __future__ import annotations

import struct
import zlib
from xml.etree import ElementTree as ET

import pytest

from portal.images.decode import decode_with_provenance
from portal.images.provenance import VOCABULARY, Provenance
from tests.unit.images.photos import (
    TRAINED,
    XMP,
    build_jpeg_segment,
    build_png_chunk,
    encode_image,
    insert_segment,
    load_portrait,
)

ATTRIBUTE = XMP.replace(b"<Iptc4xmpExt:DigitalSourceType>", b'<a b="').replace(
    b"</Iptc4xmpExt:DigitalSourceType>", b'"/>'
)
MANIFEST = b"JP\0\0\0\0jumbjumdc2pa\0"


def read_provenance(content: bytes) -> Provenance:
    return decode_with_provenance(content).provenance


def build_xmp(*terms: str) -> bytes:
    return b"<x>" + b"|".join((VOCABULARY + term).encode() for term in terms) + b"</x>"


def insert_png_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    return png[:33] + build_png_chunk(kind, body) + png[33:]


def append_riff_chunk(webp: bytes, kind: bytes, body: bytes) -> bytes:
    whole = webp[8:] + kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


@pytest.mark.parametrize("xmp", [XMP, ATTRIBUTE])
@pytest.mark.parametrize("fmt", ["JPEG", "WEBP"])
def test_finds_the_label(fmt: str, xmp: bytes) -> None:
    assert read_provenance(encode_image(load_portrait(), fmt, xmp=xmp)) == Provenance(TRAINED)


@pytest.mark.parametrize("compressed", [b"\0\0", b"\1\0"])
def test_finds_the_label_in_a_png(compressed: bytes) -> None:
    text = zlib.compress(XMP) if compressed[0] else XMP
    body = b"XML:com.adobe.xmp\0" + compressed + b"\0\0" + text
    assert read_provenance(insert_png_chunk(encode_image(load_portrait(), "PNG"), b"iTXt", body)) == Provenance(TRAINED)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_a_photo_without_a_label_gets_none(fmt: str) -> None:
    origin = read_provenance(encode_image(load_portrait(), fmt))
    assert origin == Provenance()
    assert origin.build_xmp() is None
    assert not origin.is_ai_generated


def test_notes_a_c2pa_manifest_in_every_format() -> None:
    jpeg = insert_segment(encode_image(load_portrait()), build_jpeg_segment(0xEB, MANIFEST))
    png = insert_png_chunk(encode_image(load_portrait(), "PNG"), b"caBX", MANIFEST)
    webp = append_riff_chunk(encode_image(load_portrait(), "WEBP", xmp=b"<x/>"), b"C2PA", MANIFEST)
    for content in (jpeg, png, webp):
        assert read_provenance(content) == Provenance(None, had_c2pa=True)


def test_finds_the_label_where_only_the_manifest_has_it() -> None:
    manifest = MANIFEST + b"\xa1digitalSourceType\x78" + build_xmp(TRAINED)
    assert read_provenance(
        insert_segment(encode_image(load_portrait()), build_jpeg_segment(0xEB, manifest))
    ) == Provenance(TRAINED, had_c2pa=True)


@pytest.mark.parametrize(
    ("terms", "kept"),
    [
        (("digitalCapture",), "digitalCapture"),
        (("digitalCapture", TRAINED), TRAINED),
        (("compositeWithTrainedAlgorithmicMedia", "digitalCapture"), "compositeWithTrainedAlgorithmicMedia"),
        ((TRAINED + '"/><evil',), TRAINED),
        (("", "../x", "x" * 200), None),
    ],
)
def test_keeps_the_strictest_term_and_only_terms(terms: tuple[str, ...], kept: str | None) -> None:
    origin = read_provenance(encode_image(load_portrait(), xmp=build_xmp(*terms)))
    assert origin.source_type == kept
    assert origin.is_ai_generated == (kept not in {None, "digitalCapture"})


def test_the_packet_is_valid_xmp_with_the_label_and_nothing_else() -> None:
    packet = Provenance(TRAINED).build_xmp()
    assert packet is not None
    description = ET.fromstring(packet)[0][0]
    assert [value for name, value in description.attrib.items() if not name.endswith("about")] == [VOCABULARY + TRAINED]
    assert len(description) == 0


def test_riff_chunk_with_wrong_size_is_handled() -> None:
    webp = encode_image(load_portrait(64, 80), "WEBP", xmp=XMP)
    content = webp + b"C2PA" + b"\xff\xff\xff\xff"
    assert read_provenance(content).source_type == TRAINED
