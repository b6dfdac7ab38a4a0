"""Detects file types by their first bytes."""

from __future__ import annotations

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_BRAND_OFFSET = 8

_KNOWN_TYPES = (
    (b"%PDF", "a PDF"),
    (b"GIF8", "a GIF"),
    (b"PK\x03\x04", "an archive or document"),
    (b"BM", "a bitmap"),
    (b"II*\x00", "a TIFF or raw file"),
    (b"MM\x00*", "a TIFF or raw file"),
    (b"\x1aE\xdf\xa3", "a video"),
)


def find_accepted_format(raw: bytes) -> str | None:
    """Return Pillow's name of an accepted format, else None."""
    if raw.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
        return "WEBP"
    return "HEIF" if _read_brand(raw) in _HEIF_BRANDS else None


def describe_file_type(raw: bytes) -> str:
    """Describe a file that is not accepted, with its article, for a message."""
    for signature, description in _KNOWN_TYPES:
        if raw.startswith(signature):
            return description
    brand = _read_brand(raw)
    if brand:
        return "an AVIF picture" if brand in (b"avif", b"avis") else "a video"
    head = raw[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<svg") or (head.startswith(b"<?xml") and b"<svg" in head):
        return "a drawing (SVG)"
    if head.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return "text" if _is_text(raw[:1024]) else "an unknown kind of file"


def _read_brand(raw: bytes) -> bytes:
    return raw[_BRAND_OFFSET : _BRAND_OFFSET + 4] if raw[4:8] == b"ftyp" else b""


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    # The end may lie inside a character of up to four bytes.
    for end in range(len(head), max(len(head) - 4, 0), -1):
        try:
            head[:end].decode()
        except UnicodeDecodeError:
            continue
        return True
    return False
