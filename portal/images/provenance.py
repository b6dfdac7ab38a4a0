"""Reads the provenance label of a picture (IPTC source type, C2PA) and writes it back; no other metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""IPTC's list of source types; a label is one of its last path parts."""

_MADE_BY_AI = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
_TYPE = re.compile(rb"https?://cv\.iptc\.org/newscodes/digitalsourcetype/([A-Za-z]{3,64})(?![A-Za-z])")
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    'Iptc4xmpExt:DigitalSourceType="{uri}"/></rdf:RDF></x:xmpmeta>'
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Provenance label of a picture.

    ``source_type`` is a term of IPTC's vocabulary (``trainedAlgorithmicMedia``) or ``None``. ``had_c2pa``:
    a C2PA manifest came with the file; it is signed over the original bytes and cannot survive a resize.
    """

    source_type: str | None = None
    had_c2pa: bool = False

    @property
    def is_ai_generated(self) -> bool:
        """Whether the label declares that a trained model made the picture or parts of it."""
        return self.source_type in _MADE_BY_AI

    def build_xmp(self) -> bytes | None:
        """Return the smallest XMP packet with this label and nothing else, ``None`` without a label."""
        if self.source_type is None:
            return None
        return _XMP.format(uri=VOCABULARY + self.source_type).encode("ascii")


def build_generated_provenance(found: Provenance) -> Provenance:
    """Return the provenance of a generated photo: as found, with the AI label added where the file had none."""
    return found if found.is_ai_generated else Provenance(_MADE_BY_AI[0], found.had_c2pa)


def read_provenance(image: Image.Image, content: bytes) -> Provenance:
    """Return the provenance label of ``image``, decoded from the file ``content``.

    The file's XML is only searched, never parsed: it comes from outside.
    """
    manifests = [chunk for chunk in _iterate_chunks(image, content) if b"c2pa" in chunk.lower()]
    xmp = image.info.get("xmp")
    found: list[bytes] = _TYPE.findall(xmp) if isinstance(xmp, bytes) else []
    for manifest in manifests:
        found += _TYPE.findall(manifest)
    return Provenance(_select_strongest(found), bool(manifests))


def _select_strongest(found: list[bytes]) -> str | None:
    """Prefer a term that means "made by AI": the label may get stricter, never weaker."""
    terms = [term.decode("ascii") for term in found]
    ranked = [term for term in _MADE_BY_AI if term in terms] or terms
    return ranked[0] if ranked else None


def _iterate_chunks(image: Image.Image, content: bytes) -> Iterator[bytes]:
    """Yield the parts of the file in which a C2PA manifest would travel."""
    jpeg_segments: list[tuple[str, Any]] = getattr(image, "applist", [])
    yield from (data for name, data in jpeg_segments if name == "APP11")
    png_chunks: list[tuple[Any, ...]] = getattr(image, "private_chunks", [])
    yield from (b"c2pa" + chunk[1] for chunk in png_chunks if chunk[0] == b"caBX")
    if content.startswith(b"RIFF"):
        yield from _iterate_riff_manifests(content)


def _iterate_riff_manifests(content: bytes) -> Iterator[bytes]:
    position = 12
    while position + 8 <= len(content):
        size = int.from_bytes(content[position + 4 : position + 8], "little")
        if content[position : position + 4] == b"C2PA":
            yield b"c2pa" + content[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
