"""Renders the files of a kit from the stored original and a crop; never stores them."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from portal.domain.crops import Crop, FaceBox, PixelBox, compute_box
from portal.domain.kit_files import KitFileSpec, KitShape
from portal.domain.renditions import ImageFormat
from portal.images.encode import encode_image
from portal.images.errors import CannotFit
from portal.images.provenance import Provenance
from portal.images.visible_mark import MarkTexts, draw_mark

QUALITIES = tuple(range(92, 29, -3))
"""JPEG qualities tried in this order until a file is within its cap."""

_CIRCLE_SCALE = 4
"""The mask of a circle is drawn this many times larger and reduced, so that its edge is smooth."""


@dataclass(frozen=True, slots=True)
class KitFile:
    """One rendered file of a kit.

    Attributes:
        spec: the row it was made for.
        width: pixels across as written; less than the row's where the photo is smaller, as nothing is enlarged.
        height: pixels down as written.
        content: the file.
    """

    spec: KitFileSpec
    width: int
    height: int
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_below_requested_size(self) -> bool:
        """Whether the photo has fewer pixels than the destination takes."""
        return self.spec.width is not None and self.width < self.spec.width


@dataclass(frozen=True, slots=True)
class VisibleMark:
    """The AI mark that is drawn into a file.

    Attributes:
        texts: what is drawn.
        face: where the face of the original is; the mark is drawn beside it.
    """

    texts: MarkTexts
    face: FaceBox


def render_kit_file(
    image: Image.Image, crop: Crop, spec: KitFileSpec, provenance: Provenance, mark: VisibleMark | None = None
) -> KitFile:
    """Render one file of the kit.

    Args:
        image: the upright original, RGB in sRGB.
        crop: the person's square.
        spec: the requested file.
        provenance: the label written into the file.
        mark: the visible mark drawn into the picture; None for none.

    Raises:
        CannotFit: even the lowest quality exceeds the row's cap.
    """
    box = _compute_cut(image, crop, spec)
    picture = _cut(image, box, spec)
    if mark is not None:
        face = _locate_face(mark.face, image, box, picture)
        picture = draw_mark(picture, mark.texts, face, is_round=spec.shape is KitShape.CIRCLE)
    if spec.shape is KitShape.CIRCLE:
        return KitFile(spec, picture.width, picture.height, _encode_circle(picture, provenance))
    return KitFile(spec, picture.width, picture.height, _encode_jpeg(picture, spec.max_bytes, provenance))


def _compute_cut(image: Image.Image, crop: Crop, spec: KitFileSpec) -> PixelBox:
    if spec.width is None or spec.height is None:
        return PixelBox(0, 0, image.width, image.height)
    return compute_box(crop, image.width, image.height, spec.width / spec.height)


def _cut(image: Image.Image, box: PixelBox, spec: KitFileSpec) -> Image.Image:
    if spec.shape is KitShape.WHOLE:
        width = image.width if spec.width is None else min(spec.width, image.width)
        size = (width, max(1, round(image.height * width / image.width)))
        return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    assert spec.width is not None  # noqa: S101 - only whole files have no size
    assert spec.height is not None  # noqa: S101 - only whole files have no size
    scale = min(1.0, box.width / spec.width)
    size = (max(1, round(spec.width * scale)), max(1, round(spec.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, box=box.as_tuple(), reducing_gap=2.0)


def _locate_face(face: FaceBox, image: Image.Image, box: PixelBox, picture: Image.Image) -> PixelBox:
    """Return where the face of the original is in the cut picture, in its pixels."""
    scale = picture.width / box.width
    left = (face.left * image.width - box.left) * scale
    top = (face.top * image.height - box.top) * scale
    return PixelBox(left, top, left + face.width * image.width * scale, top + face.height * image.height * scale)


def _encode_jpeg(picture: Image.Image, max_bytes: int | None, provenance: Provenance) -> bytes:
    xmp = provenance.build_xmp()
    for quality in QUALITIES:
        content = encode_image(picture, ImageFormat.JPEG, quality, xmp=xmp)
        if max_bytes is None or len(content) <= max_bytes:
            return content
    raise CannotFit(max_bytes or 0)


def _encode_circle(picture: Image.Image, provenance: Provenance) -> bytes:
    side = picture.width * _CIRCLE_SCALE
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
    circle = picture.convert("RGBA")
    circle.putalpha(mask.resize(picture.size, Image.Resampling.LANCZOS))
    label = PngInfo()
    if (xmp := provenance.build_xmp()) is not None:
        label.add_itxt("XML:com.adobe.xmp", xmp.decode("ascii"))
    out = io.BytesIO()
    circle.save(out, "PNG", optimize=True, pnginfo=label)
    return out.getvalue()
