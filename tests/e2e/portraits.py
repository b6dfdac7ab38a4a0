"""Real photographs to upload: variations of the public-domain portrait that ships with scikit-image."""

from __future__ import annotations

from pathlib import Path

import pillow_heif
from PIL import Image, ImageEnhance, ImageOps
from skimage import data

ROTATE_90_CW = 6
ORIENTATION = 0x0112


def load_portrait() -> Image.Image:
    """Return the portrait, head and shoulders, 1024 pixels wide."""
    whole = Image.fromarray(data.astronaut())
    return whole.crop((60, 0, 400, 425)).resize((1024, 1280), Image.Resampling.LANCZOS)


def write_photo_files(folder: Path) -> list[Path]:
    """Write six different photos, as they come from cameras and phones, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pillow_heif.register_heif_opener()
    straight = load_portrait()
    exif = Image.Exif()
    exif[ORIENTATION] = ROTATE_90_CW
    lying = straight.rotate(90, expand=True)
    bright = ImageEnhance.Brightness(straight).enhance(1.12)
    files = {
        "straight.jpg": (straight, {"quality": 90}),
        "mirrored.png": (ImageOps.mirror(straight), {}),
        "bright.webp": (bright, {"quality": 90}),
        "phone.heic": (ImageEnhance.Contrast(straight).enhance(0.9), {"quality": 85}),
        "lying.jpg": (lying, {"quality": 90, "exif": exif.tobytes()}),
        "close.jpg": (straight.crop((120, 100, 900, 1060)), {"quality": 90}),
    }
    for name, (image, options) in files.items():
        image.save(folder / name, **options)
    return [folder / name for name in files]
