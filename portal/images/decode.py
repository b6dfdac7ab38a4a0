"""Decodes photos from outside, the only place that does: the result is upright 8-bit sRGB without metadata."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from portal.domain.renditions import MAX_PHOTO_BYTES
from portal.images import formats, provenance
from portal.images.color import convert_to_srgb
from portal.images.errors import NotAPhoto, PhotoDamaged, SideTooLong, TooManyBytes, TooManyPixels
from portal.images.provenance import Provenance
from portal.images.segments import check_segments

Image.MAX_IMAGE_PIXELS = formats.MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
    Warning,  # a strict interpreter turns the decoder's complaints into exceptions
)
"""What Pillow's parsers raise on hostile bytes, besides its own bomb errors."""


@dataclass(frozen=True, slots=True)
class DecodedPhoto:
    """A decoded photo and its provenance label."""

    image: Image.Image
    provenance: Provenance


def decode_photo(content: bytes, *, phone: bool = False, smallest: int | None = None) -> Image.Image:
    """Decode ``content`` to an upright 8-bit sRGB picture, transparency on white, without any metadata.

    Args:
        content: the whole file: JPEG, PNG or WebP.
        phone: also accept HEIF, which phones take photos in.
        smallest: pixels both sides need at least; a larger JPEG may come out reduced, in less time.

    Raises:
        NotAPhoto: empty, or in no accepted format.
        TooManyBytes: larger than ``MAX_PHOTO_BYTES``.
        TooManyPixels: larger than the format's pixel limit.
        SideTooLong, TooManySegments: beyond any photo.
        PhotoDamaged: it cannot be read to its end.
    """
    return decode_with_provenance(content, phone=phone, smallest=smallest).image


def decode_with_provenance(content: bytes, *, phone: bool = False, smallest: int | None = None) -> DecodedPhoto:
    """Decode like :func:`decode_photo` and also read the provenance label. Raises the same errors."""
    with _open_image(content, phone=phone) as image:
        if smallest is not None:
            image.draft("RGB", (smallest, smallest))
        image.load()
        origin = provenance.read_provenance(image, content)
        clean = _rotate_upright(convert_to_srgb(image), _read_orientation(image))
    clean.info.clear()
    return DecodedPhoto(clean, origin)


def count_pixels_in_memory(content: bytes, *, phone: bool = False) -> int:
    """Return how many pixels decoding holds in memory, read from the header. Raises like :func:`decode_photo`."""
    with _open_image(content, phone=phone) as image:
        return image.width * image.height * (formats.WEBP_COPIES if image.format == "WEBP" else 1)


@contextmanager
def _open_image(content: bytes, *, phone: bool) -> Iterator[Image.Image]:
    """Open the file within its limits; while the picture is in use, decoder errors become errors of this package."""
    if len(content) > MAX_PHOTO_BYTES:
        raise TooManyBytes(len(content), MAX_PHOTO_BYTES)
    name = formats.detect_format(content, phone=phone)
    check_segments(content, name)
    try:
        with Image.open(io.BytesIO(content), formats=[_register_decoder(name)]) as image:
            _check_decoder(image, name)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels(formats.get_pixel_limit(name)) from error
    except DECODER_ERRORS as error:
        raise PhotoDamaged from error


def _check_decoder(image: Image.Image, name: str) -> None:
    # Phones append a second picture to a JPEG; Pillow calls that MPO.
    found = "JPEG" if image.format == "MPO" else image.format
    if found != name:
        raise NotAPhoto
    if max(image.size) > formats.MAX_SIDE:
        raise SideTooLong(image.width, image.height, formats.MAX_SIDE)
    limit = formats.get_pixel_limit(name)
    if image.width * image.height > limit:
        raise TooManyPixels(limit, image.width, image.height)


def _register_decoder(name: str) -> str:
    if name == "HEIF":
        import pillow_heif  # noqa: PLC0415  # 20 MB of decoder that only uploads from phones need

        pillow_heif.register_heif_opener()
    return name


def _read_orientation(image: Image.Image) -> int:
    """Read the EXIF orientation, 1 to 8. An unreadable one means upright: the photo is still good."""
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif", b""))
        return int(exif.get(_ORIENTATION_TAG, 1))
    except DECODER_ERRORS:
        return 1


def _rotate_upright(image: Image.Image, orientation: int) -> Image.Image:
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)
