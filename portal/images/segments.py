"""Counts the segments of an image file before a decoder reads it: millions of empty ones cost time and memory.

The largest ordinary counts: a JPEG with 255 parts of a color profile, a PNG of 15 MB in chunks of 4 kB.
"""

from __future__ import annotations

import re

from portal.images.errors import TooManySegments

MAX_SEGMENTS = 1_000
"""Most segments of a JPEG header, chunks of a WebP, or chunks of a PNG that hold no picture data."""

MAX_PNG_DATA_CHUNKS = 8_000

MAX_JPEG_SCANS = 64
"""Progressive photos have about ten."""

_SCAN = b"\xff\xda"
_MARKER = 0xFF
_START_OF_SCAN = 0xDA
_FILL = re.compile(rb"\xff+")
_STANDALONE = frozenset({0x01, *range(0xD0, 0xDA)})


def check_segments(content: bytes, name: str) -> None:
    """Check the number of segments of a file in Pillow's format ``name``; damage is left to the decoder.

    Raises:
        TooManySegments: more than any photo has.
    """
    if name == "JPEG":
        _check_jpeg(content)
    elif name == "PNG":
        _check_png(content)
    elif name == "WEBP":
        _check_webp(content)


def _check_jpeg(content: bytes) -> None:
    if content.count(_SCAN) > MAX_JPEG_SCANS:
        raise TooManySegments(MAX_JPEG_SCANS)
    position = 2
    for _ in range(MAX_SEGMENTS):
        if position + 4 > len(content) or content[position] != _MARKER:
            return
        marker = content[position + 1]
        if marker == _START_OF_SCAN:
            return
        if marker == _MARKER:
            # Fill bytes are legal before a marker, and thousands of them are not worth a segment each.
            fill = _FILL.match(content, position)
            position = fill.end() - 1 if fill else position + 1
        elif marker in _STANDALONE:
            position += 2
        else:
            position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    raise TooManySegments(MAX_SEGMENTS)


def _check_png(content: bytes) -> None:
    data = other = 0
    position = 8
    while position + 8 <= len(content):
        if content[position + 4 : position + 8] == b"IDAT":
            data += 1
        else:
            other += 1
        if data > MAX_PNG_DATA_CHUNKS or other > MAX_SEGMENTS:
            raise TooManySegments(MAX_PNG_DATA_CHUNKS if data > MAX_PNG_DATA_CHUNKS else MAX_SEGMENTS)
        position += 12 + int.from_bytes(content[position : position + 4], "big")


def _check_webp(content: bytes) -> None:
    position = 12
    for _ in range(MAX_SEGMENTS):
        if position + 8 > len(content):
            return
        size = int.from_bytes(content[position + 4 : position + 8], "little")
        position += 8 + size + size % 2
    raise TooManySegments(MAX_SEGMENTS)
