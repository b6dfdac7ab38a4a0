"""Photos for the tests, made on the spot from a portrait that ships with scikit-image; never downloaded."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Any

import skimage.data
from PIL import Image

TRAINED = "trainedAlgorithmicMedia"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="Jane Canary" '
    b'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><Iptc4xmpExt:DigitalSourceType>'
    b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    b"</Iptc4xmpExt:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>"
)


@cache
def load_portrait(width: int = 512, height: int = 640) -> Image.Image:
    """Return a face, upright; callers must not draw on it."""
    return Image.fromarray(skimage.data.astronaut()).resize((width, height))


def build_noise(width: int, height: int) -> Image.Image:
    """Return a picture that compresses badly, as hair and fabric do."""
    noise = Image.effect_noise((width, height), 60)
    return Image.merge("RGB", (noise, noise.rotate(180), noise))


def encode_image(image: Image.Image, fmt: str = "JPEG", **options: Any) -> bytes:
    """Return ``image`` as a file."""
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def decode_image(content: bytes) -> Image.Image:
    """Return the picture in a stored file, fully read."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def build_exif_with_gps(orientation: int = 1) -> Image.Exif:
    """Return camera metadata with a place and a name in it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = "Jane Canary"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 30.0), 3: "E", 4: (8.0, 32.0, 0.0)})
    return exif


_ZEROS = bytes(1 << 20)


def build_flat_png(width: int, height: int) -> bytes:
    """Return a black gray-scale PNG of any size without ever holding its pixels."""
    packer = zlib.compressobj(9)
    # Every byte is zero, those that begin the rows included, so that they can be packed regardless of the rows.
    whole, rest = divmod((1 + width) * height, len(_ZEROS))
    parts = [_ZEROS] * whole + [_ZEROS[:rest]]
    data = b"".join(packer.compress(part) for part in parts) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        build_png_chunk(kind, body) for kind, body in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )


def build_png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def build_jpeg_segment(marker: int, body: bytes) -> bytes:
    """Return one JPEG segment, ``marker`` being the second byte (0xEB for APP11)."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def list_blocks(content: bytes) -> set[bytes]:
    """Return how the blocks of a JPEG or WebP file begin that hold no pixels: segments, or chunks by their names."""
    found, position = set(), 12
    if content.startswith(b"RIFF"):
        while position < len(content):
            found.add(content[position : position + 4])
            position += 8 + (int.from_bytes(content[position + 4 : position + 8], "little") + 1) // 2 * 2
        return found - {b"VP8 ", b"VP8X"}
    position = 2
    while content[position + 1] != 0xDA:
        kind, size = content[position + 1], int.from_bytes(content[position + 2 : position + 4], "big")
        if 0xE0 <= kind <= 0xEF or kind == 0xFE:
            found.add(content[position + 4 : position + 2 + size].partition(b"\0")[0])
        position += 2 + size
    return found


def insert_segment(jpeg: bytes, segment: bytes) -> bytes:
    """Return the JPEG with ``segment`` put in after its start."""
    return jpeg[:2] + segment + jpeg[2:]
