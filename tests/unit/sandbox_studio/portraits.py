"""Photos to try the studio with: a real portrait where one is wanted, drawn scenes where speed is."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

from PIL import Image
from skimage import data


def encode_image(image: Image.Image, image_format: str = "JPEG", **options: Any) -> bytes:
    sink = io.BytesIO()
    image.save(sink, image_format, **options)
    return sink.getvalue()


def build_scene(size: tuple[int, int] = (600, 750), shade: int = 0) -> Image.Image:
    """A picture of *size* that differs for every *shade*: red at the top, blue below."""
    image = Image.new("RGB", size, (20, 40 + shade, 200))
    image.paste((210, 30 + shade, 30), (0, 0, size[0], size[1] // 4))
    return image


def build_photo(shade: int = 0) -> bytes:
    return encode_image(build_scene(shade=shade))


@lru_cache(maxsize=1)
def load_portrait() -> Image.Image:
    """The astronaut, whose face spans about x 0.37..0.53 and y 0.14..0.32 of the picture."""
    return Image.fromarray(data.astronaut()).resize((1200, 1200), Image.Resampling.BICUBIC)


def decode_image(raw: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(raw))
    image.load()
    return image
