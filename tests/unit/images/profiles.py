"""Small ICC color profiles built from published numbers; never taken from a file."""

from __future__ import annotations

import struct

Color = tuple[float, float, float]
DISPLAY_P3: tuple[Color, Color, Color] = (
    (0.51512, 0.24120, -0.00105),
    (0.29198, 0.69225, 0.04189),
    (0.15710, 0.06657, 0.78407),
)
"""Apple's wide-gamut primaries, adapted to the D50 white that profiles count from."""

_D50 = (0.9642, 1.0, 0.8249)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def build_display_p3() -> bytes:
    """Return a profile with the Display P3 primaries and the sRGB curve."""
    curve = _curve(3, *_SRGB_CURVE)
    primaries = {name: _xyz(*xyz) for name, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), DISPLAY_P3, strict=True)}
    return _profile(b"RGB ", primaries | {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def build_linear_gray() -> bytes:
    """Return a gray profile in which half the number means half the light."""
    return _profile(b"GRAY", {b"kTRC": _curve(0, 1.0)})


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _text("test"), b"cprt": _text("none"), b"wtpt": _xyz(*_D50)} | tags
    offset = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        table += name + struct.pack(">II", offset + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    header = struct.pack(">IIII", offset + len(bodies), 0, 0x04300000, 0)[:12] + b"mntr" + space + b"XYZ "
    header = header.ljust(36, b"\0") + b"acsp"
    header = header.ljust(68, b"\0") + b"".join(_fixed(value) for value in _D50)
    return header.ljust(128, b"\0") + table + bodies


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_fixed(value) for value in values)


def _curve(kind: int, *values: float) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + b"".join(_fixed(value) for value in values)


def _text(text_parts: str) -> bytes:
    data = text_parts.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data
