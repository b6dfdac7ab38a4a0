"""The gallery of a sandbox session, made from the photos really uploaded; touches no store and no network."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from sandbox.studio import labels
from sandbox.studio.backdrops import lay, outline
from sandbox.studio.framing import Face, find_face, frame
from sandbox.studio.looks import LOOKS, Look, tone

ORIGINAL = (1024, 1280)
MAIN = (768, 960)
THUMBNAIL = (320, 400)

_WORKING_SIDE = 1600
_QUALITY = 86


@dataclass(frozen=True)
class Picture:
    """One generated headshot as JPEG bytes: *original* 1024x1280, *main* 768x960, *thumbnail* 320x400.

    Original and main carry the AI label; the original alone also carries camera and place, all invented.
    """

    original: bytes
    main: bytes
    thumbnail: bytes


@dataclass(frozen=True)
class _Source:
    photo: Image.Image
    face: Face


def make_gallery(uploads: list[bytes], count: int, seed: str) -> Iterator[Picture]:
    """Yield *count* pictures made from *uploads* (JPEG bytes as the studio keeps them).

    The same uploads, count and *seed* give the same bytes. Raises ValueError when there are no uploads.
    """
    if not uploads:
        raise ValueError("a gallery needs at least one upload")
    return _gallery(uploads, count, seed)


def _gallery(uploads: list[bytes], count: int, seed: str) -> Iterator[Picture]:
    dice = random.Random(seed)
    order = dice.sample(range(len(uploads)), len(uploads))
    first_look = dice.randrange(len(LOOKS))
    sources: dict[int, _Source] = {}
    for number in range(count):
        # A second lap over few uploads must not meet the same look with the same photo again.
        lap = number // len(uploads) // len(LOOKS)
        chosen = order[(number + lap) % len(order)]
        if chosen not in sources:
            sources[chosen] = _open(uploads[chosen])
        yield _make(sources[chosen], LOOKS[(first_look + number * 3) % len(LOOKS)], dice)


def _open(upload: bytes) -> _Source:
    with Image.open(io.BytesIO(upload), formats=["JPEG"]) as image:
        image.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))
        photo = image.convert("RGB")
    photo.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BICUBIC)
    return _Source(photo, find_face(photo))


def _make(source: _Source, look: Look, dice: random.Random) -> Picture:
    crop = frame(source.photo.size, source.face, dice)
    picture = source.photo.resize(ORIGINAL, Image.Resampling.BICUBIC, box=crop.box)
    # The outline needs the colours that some tones take away.
    mask = outline(picture, crop)
    picture = lay(tone(picture, look), mask, look.backdrop)
    labels.stamp(picture)
    main = picture.resize(MAIN, Image.Resampling.HAMMING)
    return Picture(
        original=_jpeg(picture, xmp=labels.XMP, exif=labels.camera_exif()),
        main=_jpeg(main, xmp=labels.XMP),
        thumbnail=_jpeg(picture.resize(THUMBNAIL, Image.Resampling.HAMMING, reducing_gap=1.5)),
    )


def _jpeg(picture: Image.Image, **metadata: bytes) -> bytes:
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=_QUALITY, **metadata)
    return sink.getvalue()
