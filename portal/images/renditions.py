"""Makes every stored rendition of a photo out of one decode; never stores them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from PIL import Image

from portal.domain.renditions import ORIGINAL, RENDITIONS, ImageFormat, RenditionSpec
from portal.images.decode import DECODER_ERRORS, count_pixels_in_memory, decode_with_provenance
from portal.images.encode import encode_image
from portal.images.errors import CannotRender, PhotoRefused
from portal.images.pixel_budget import DECODED
from portal.images.provenance import Provenance


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One rendition as a file, not stored yet. ``width`` and ``height`` are pixels as written."""

    spec: RenditionSpec
    width: int
    height: int
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class RenderedPhoto:
    """A photo cleaned and cut to every size. ``width`` and ``height`` are the upright photo's pixels."""

    width: int
    height: int
    provenance: Provenance
    files: tuple[RenderedFile, ...]


def render_photo(content: bytes, *, phone: bool = False) -> RenderedPhoto:
    """Make all renditions of the photo in the file ``content``.

    Nothing is scaled up: for a photo narrower than a slot, the slot holds the photo's own width.
    The provenance label is the only metadata written back.

    Args:
        content: the whole file: JPEG, PNG or WebP.
        phone: also accept HEIF.

    Raises:
        PhotoRefused: one of the errors of :func:`portal.images.decode.decode_photo`.
    """
    with DECODED.reserve(count_pixels_in_memory(content, phone=phone)):
        try:
            return _render_files(content, phone)
        except PhotoRefused:
            raise
        except (*DECODER_ERRORS, MemoryError) as error:
            raise CannotRender from error


def _render_files(content: bytes, phone: bool) -> RenderedPhoto:
    opened = decode_with_provenance(content, phone=phone)
    xmp = opened.provenance.build_xmp()
    pictures = _build_pictures(opened.image)
    written: dict[tuple[int, ImageFormat, int], RenderedFile] = {}
    files = []
    for spec in RENDITIONS:
        width = spec.width_for(opened.image.width)
        picture = pictures[width]
        key = (width, spec.format, spec.quality)
        data = written[key].content if key in written else _write(picture, spec, xmp)
        written[key] = RenderedFile(spec, picture.width, picture.height, data)
        files.append(written[key])
    return RenderedPhoto(opened.image.width, opened.image.height, opened.provenance, tuple(files))


def _write(picture: Image.Image, spec: RenditionSpec, xmp: bytes | None) -> bytes:
    return encode_image(picture, spec.format, spec.quality, xmp=xmp, progressive=spec is not ORIGINAL)


def _build_pictures(image: Image.Image) -> dict[int, Image.Image]:
    """Return the picture at every width needed, each reduced from the next larger one."""
    pictures = {image.width: image}
    for width in sorted({spec.width_for(image.width) for spec in RENDITIONS}, reverse=True):
        if width not in pictures:
            pictures[width] = _reduce(pictures[min(pictures)], width, image.size)
    return pictures


def _reduce(larger: Image.Image, width: int, full: tuple[int, int]) -> Image.Image:
    # From the full size, so that rounding does not add up over the steps.
    height = max(1, round(full[1] * width / full[0]))
    return larger.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
