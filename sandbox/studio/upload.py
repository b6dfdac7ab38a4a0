"""Checks an uploaded photo and converts it to the stored format."""

from __future__ import annotations

import io
import struct
import threading
import warnings

import pillow_heif
from PIL import Image, ImageCms

from sandbox.studio.file_type import describe_file_type, find_accepted_format

pillow_heif.register_heif_opener()

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
MIN_SIDE = 512
LONG_SIDE = 2048

_MEGA = 1_000_000
_MAX_ASPECT_RATIO = 2.6
_QUALITY = 90
_ORIENTATION = 0x0112
_DECODER_ERRORS = (
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
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# One decode at a time bounds memory, and warning filters are not thread-safe.
_decoder_lock = threading.Lock()


class UploadRefused(Exception):
    """An upload cannot be used. `reason` is a stable identifier, `sentence` follows the file name in a message."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sentence = sentence


def normalize_photo(raw: bytes) -> bytes:
    """Convert a photo to an upright sRGB JPEG without metadata, at most 2048 px on the long side.

    Raises:
        Refused: the bytes are not a photo, damaged, too small or too large.
    """
    if not raw:
        raise UploadRefused("empty", "is empty. Check the file on your device, then add it again.")
    if len(raw) > MAX_BYTES:
        raise UploadRefused("too_heavy", "is larger than 15 MB. Add a smaller copy of it.")
    image_format = find_accepted_format(raw)
    if image_format is None:
        kind = describe_file_type(raw)
        raise UploadRefused(
            "not_a_photo", f"is {kind}, not a photo we can use. Choose a JPEG, PNG, WebP or HEIC photo."
        )
    try:
        with _decoder_lock, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Pillow warns about EXIF data, which is dropped here.
            warnings.simplefilter("ignore", UserWarning)
            return _encode(_decode(raw, image_format))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UploadRefused("too_many_pixels", "has far more than 50 megapixels. Add a smaller copy of it.") from error
    except _DECODER_ERRORS as error:
        sentence = "is damaged or incomplete. Open it on your device to check it, then add it again."
        raise UploadRefused("broken", sentence) from error


def _decode(raw: bytes, image_format: str) -> Image.Image:
    with Image.open(io.BytesIO(raw), formats=[image_format]) as image:
        _check_size(*image.size)
        transposition = _TRANSPOSITIONS.get(_read_orientation(image))
        image.draft("RGB", (LONG_SIDE, LONG_SIDE))
        image.load()
        photo = _flatten(_shrink(_convert_mode(image)))
        profile = image.info.get("icc_profile")
    photo = _convert_to_srgb(photo, profile)
    return photo.transpose(transposition) if transposition is not None else photo


def _check_size(width: int, height: int) -> None:
    """Check the size from the header, before pixels are decoded."""
    if width * height > MAX_PIXELS:
        size = f"{width * height / _MEGA:.0f} megapixels"
        raise UploadRefused("too_many_pixels", f"has {size}, and 50 is the most. Add a smaller copy of it.")
    if min(width, height) < MIN_SIDE:
        sentence = f"is {width} × {height} pixels, and both sides need {MIN_SIDE}. Add the original, not a preview."
        raise UploadRefused("too_small", sentence)
    if max(width, height) / min(width, height) > _MAX_ASPECT_RATIO:
        raise UploadRefused("panorama", "is a panorama. Choose a photo that shows mostly you.")


def _read_orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DECODER_ERRORS:
        # Damaged EXIF data only loses the orientation.
        return 1
    return value if isinstance(value, int) else 1


def _convert_mode(image: Image.Image) -> Image.Image:
    """Convert to a mode that can be scaled: without palette, 8 bits per channel."""
    if image.mode in ("1", "P", "PA", "LA"):
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return image


def _shrink(image: Image.Image) -> Image.Image:
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _flatten(image: Image.Image) -> Image.Image:
    """Blend transparent areas with white. CMYK and grayscale are kept for their color profile."""
    if image.mode in ("RGB", "CMYK", "L"):
        return image
    image_with_alpha = image.convert("RGBA")
    white = Image.new("RGBA", image_with_alpha.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image_with_alpha).convert("RGB")


def _convert_to_srgb(photo: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(photo, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            # An invalid profile is ignored.
            converted = None
        if converted is not None:
            return converted
    return photo.convert("RGB")


def _encode(photo: Image.Image) -> bytes:
    copy = Image.new("RGB", photo.size)
    copy.paste(photo)
    sink = io.BytesIO()
    copy.save(sink, "JPEG", quality=_QUALITY)
    return sink.getvalue()
