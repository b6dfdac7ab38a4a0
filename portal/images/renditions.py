"""Makes every stored rendition of a photo out of one decode; never stores them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from PIL import Image

from portal.domain.crops import Crop, build_automatic_crop
from portal.domain.renditions import ORIGINAL, RENDITIONS, ImageFormat, RenditionSpec
from portal.images.decode import DECODER_ERRORS, count_pixels_in_memory, decode_with_provenance
from portal.images.difference_hash import compute_hash, convert_to_signed
from portal.images.encode import encode_image
from portal.images.errors import CannotRender, PhotoRefused
from portal.images.faces import DETECTION_WIDTH, find_face
from portal.images.pixel_budget import DECODED
from portal.images.provenance import Provenance, build_generated_provenance


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
    """A photo cleaned and cut to every size.

    Attributes:
        width: pixels of the upright photo across.
        height: pixels of the upright photo down.
        provenance: the label written into every file.
        files: one for each row of the table.
        face_crop: the square around the detected face; None without a face or a detector.
        similarity_hash: difference hash as a signed 64-bit number.
    """

    width: int
    height: int
    provenance: Provenance
    files: tuple[RenderedFile, ...]
    face_crop: Crop | None = None
    similarity_hash: int = 0


def render_photo(content: bytes, *, phone: bool = False, is_generated: bool = False) -> RenderedPhoto:
    """Make all renditions of the photo in the file ``content``.

    Nothing is scaled up: for a photo narrower than a slot, the slot holds the photo's own width.
    The provenance label is the only metadata written back.

    Args:
        content: the whole file: JPEG, PNG or WebP.
        phone: also accept HEIF.
        is_generated: the photo was made by AI, so every file gets the label even where the source has none.

    Raises:
        PhotoRefused: one of the errors of :func:`portal.images.decode.decode_photo`.
    """
    with DECODED.reserve(count_pixels_in_memory(content, phone=phone)):
        try:
            return _render_files(content, phone, is_generated)
        except PhotoRefused:
            raise
        except (*DECODER_ERRORS, MemoryError) as error:
            raise CannotRender from error


def _render_files(content: bytes, phone: bool, is_generated: bool) -> RenderedPhoto:
    opened = decode_with_provenance(content, phone=phone)
    provenance = build_generated_provenance(opened.provenance) if is_generated else opened.provenance
    xmp = provenance.build_xmp()
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
    width, height = opened.image.size
    smallest = pictures[min(pictures)]
    face = find_face(pictures[min(pictures, key=lambda width: abs(width - DETECTION_WIDTH))])
    return RenderedPhoto(
        width,
        height,
        provenance,
        tuple(files),
        build_automatic_crop(width, height, face) if face is not None else None,
        convert_to_signed(compute_hash(smallest)),
    )


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
