"""Generates the gallery of a session from its uploaded photos."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from sandbox.studio import labels
from sandbox.studio.backdrops import build_person_mask, render_backdrop
from sandbox.studio.framing import Face, choose_crop, find_face
from sandbox.studio.picture_styles import STYLES, PictureStyle, grade_color

ORIGINAL = (1024, 1280)
MAIN = (768, 960)
THUMBNAIL = (320, 400)

_WORKING_SIDE = 1600
_QUALITY = 86


@dataclass(frozen=True)
class Picture:
    """One generated headshot as JPEG bytes: original 1024x1280, main 768x960, thumbnail 320x400 pixels.

    Original and main have the AI label. The original also has fictitious camera and location data.
    """

    original: bytes
    main: bytes
    thumbnail: bytes


@dataclass(frozen=True)
class _Source:
    photo: Image.Image
    face: Face


def render_gallery(uploads: list[bytes], count: int, seed: str) -> Iterator[Picture]:
    """Yield `count` pictures made from the stored uploads (JPEG bytes).

    The same arguments give the same bytes. Raises ValueError if there are no uploads.
    """
    if not uploads:
        raise ValueError("a gallery needs at least one upload")
    return _render_pictures(uploads, count, seed)


def _render_pictures(uploads: list[bytes], count: int, seed: str) -> Iterator[Picture]:
    rng = random.Random(seed)
    order = rng.sample(range(len(uploads)), len(uploads))
    first_style = rng.randrange(len(STYLES))
    sources: dict[int, _Source] = {}
    for number in range(count):
        # With few uploads, later rounds must combine each photo with another style.
        round_number = number // len(uploads) // len(STYLES)
        chosen = order[(number + round_number) % len(order)]
        if chosen not in sources:
            sources[chosen] = _open_source(uploads[chosen])
        yield _render_picture(sources[chosen], STYLES[(first_style + number * 3) % len(STYLES)], rng)


def _open_source(upload: bytes) -> _Source:
    with Image.open(io.BytesIO(upload), formats=["JPEG"]) as image:
        image.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))
        photo = image.convert("RGB")
    photo.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BICUBIC)
    return _Source(photo, find_face(photo))


def _render_picture(source: _Source, style: PictureStyle, rng: random.Random) -> Picture:
    crop = choose_crop(source.photo.size, source.face, rng)
    picture = source.photo.resize(ORIGINAL, Image.Resampling.BICUBIC, box=crop.box)
    # Before grading: the mask needs the original colors.
    mask = build_person_mask(picture, crop)
    picture = render_backdrop(grade_color(picture, style), mask, style.backdrop)
    labels.draw_watermark(picture)
    main = picture.resize(MAIN, Image.Resampling.HAMMING)
    return Picture(
        original=_encode_jpeg(picture, xmp=labels.XMP, exif=labels.build_camera_exif()),
        main=_encode_jpeg(main, xmp=labels.XMP),
        thumbnail=_encode_jpeg(picture.resize(THUMBNAIL, Image.Resampling.HAMMING, reducing_gap=1.5)),
    )


def _encode_jpeg(picture: Image.Image, **metadata: bytes) -> bytes:
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=_QUALITY, **metadata)
    return sink.getvalue()
