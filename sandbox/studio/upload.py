"""The check every upload passes and the one form photos are kept in; knows neither HTTP nor the store."""

from __future__ import annotations

import io
import struct
import threading
import warnings

import pillow_heif
from PIL import Image, ImageCms

from sandbox.studio.file_type import accepted_format, kind_of

pillow_heif.register_heif_opener()

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
MIN_SIDE = 512
LONG_SIDE = 2048

_MEGA = 1_000_000
_LONGEST_SHAPE = 2.6
_QUALITY = 90
_ORIENTATION = 0x0112
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    struct.error,
)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# One photo is decoded at a time: it bounds memory, and Python's warning filters are not safe to share.
_decoding = threading.Lock()


class Refused(Exception):
    """An upload that cannot be used. *reason* is a stable word, *sentence* completes “photo.jpg” …"""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sentence = sentence


def normalise(raw: bytes) -> bytes:
    """Return *raw* as an upright sRGB JPEG without metadata, at most 2048 px on the long side.

    Raises:
        Refused: the bytes are no photo, broken, too small or too large.
    """
    if not raw:
        raise Refused("empty", "is empty. Check the file on your device, then add it again.")
    if len(raw) > MAX_BYTES:
        raise Refused("too_heavy", "is larger than 15 MB. Add a smaller copy of it.")
    image_format = accepted_format(raw)
    if image_format is None:
        kind = kind_of(raw)
        raise Refused("not_a_photo", f"is {kind}, not a photo we can use. Choose a JPEG, PNG, WebP or HEIC photo.")
    try:
        with _decoding, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Pillow grumbles about camera blocks we drop anyway.
            warnings.simplefilter("ignore", UserWarning)
            return _encode(_decode(raw, image_format))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("too_many_pixels", "has far more than 50 megapixels. Add a smaller copy of it.") from error
    except _BROKEN as error:
        sentence = "is damaged or incomplete. Open it on your device to check it, then add it again."
        raise Refused("broken", sentence) from error


def _decode(raw: bytes, image_format: str) -> Image.Image:
    with Image.open(io.BytesIO(raw), formats=[image_format]) as image:
        _check_size(*image.size)
        turn = _TURNS.get(_orientation(image))
        image.draft("RGB", (LONG_SIDE, LONG_SIDE))
        image.load()
        photo = _flatten(_shrunk(_colours(image)))
        profile = image.info.get("icc_profile")
    photo = _to_srgb(photo, profile)
    return photo.transpose(turn) if turn is not None else photo


def _check_size(width: int, height: int) -> None:
    """Judge by what the header says, before a single pixel is decoded."""
    if width * height > MAX_PIXELS:
        size = f"{width * height / _MEGA:.0f} megapixels"
        raise Refused("too_many_pixels", f"has {size}, and 50 is the most. Add a smaller copy of it.")
    if min(width, height) < MIN_SIDE:
        sentence = f"is {width} × {height} pixels, and both sides need {MIN_SIDE}. Add the original, not a preview."
        raise Refused("too_small", sentence)
    if max(width, height) / min(width, height) > _LONGEST_SHAPE:
        raise Refused("panorama", "is a panorama. Choose a photo that shows mostly you.")


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _BROKEN:
        # A photo with a damaged camera block is still a photo; it just stays as it lies.
        return 1
    return value if isinstance(value, int) else 1


def _colours(image: Image.Image) -> Image.Image:
    """*image* in a mode that can be scaled: palettes resolved, 16-bit depths brought to 8."""
    if image.mode in ("1", "P", "PA", "LA"):
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return image


def _shrunk(image: Image.Image) -> Image.Image:
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _flatten(image: Image.Image) -> Image.Image:
    """*image* on white paper where it was transparent; CMYK and grey stay as they are for their profile."""
    if image.mode in ("RGB", "CMYK", "L"):
        return image
    layered = image.convert("RGBA")
    paper = Image.new("RGBA", layered.size, (255, 255, 255, 255))
    return Image.alpha_composite(paper, layered).convert("RGB")


def _to_srgb(photo: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(photo, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A profile that does not fit its photo is worth less than none.
            changed = None
        if changed is not None:
            return changed
    return photo.convert("RGB")


def _encode(photo: Image.Image) -> bytes:
    clean = Image.new("RGB", photo.size)
    clean.paste(photo)
    sink = io.BytesIO()
    clean.save(sink, "JPEG", quality=_QUALITY)
    return sink.getvalue()
