"""The studio behind the person: an outline of head and shoulders, and paper, light or blur around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sandbox.studio.framing import Crop

Colour = tuple[int, int, int]

_SMALL = (192, 240)
_PERSON = 111


@dataclass(frozen=True)
class Backdrop:
    """Paper from *light* (behind the head) to *dark* (the corners), hiding *cover* 0..1 of the room.

    *corners* 0..1 darkens the corners of the whole picture afterwards, as a lens does.
    """

    light: Colour
    dark: Colour
    cover: float
    corners: float = 0.0


def outline(picture: Image.Image, crop: Crop) -> Image.Image:
    """Soft grey mask (192x240) of the person: white is kept, black becomes backdrop.

    Geometry decides the middle and the far corners; in between, what differs from the colours at both
    edges is taken for the person, so hair keeps its shape on a plain wall.
    """
    small = picture.resize(_SMALL, Image.Resampling.BOX)
    apart = ImageChops.difference(small, _room(small)).split()
    distance = ImageChops.lighter(ImageChops.lighter(apart[0], apart[1]), apart[2])
    distance = distance.point([max(0, min(255, (value - 32) * 6)) for value in range(256)])
    # Closing fills a bright cheek or collar without growing the outline, which would glow on dark paper.
    coarse = distance.reduce(2).filter(ImageFilter.MaxFilter(7)).filter(ImageFilter.MinFilter(7))
    closed = ImageChops.lighter(distance, coarse.resize(_SMALL, Image.Resampling.BILINEAR))
    seen = ImageChops.lighter(_certain(crop), ImageChops.multiply(_possible(crop), closed))
    mask = ImageChops.lighter(seen, _holes(seen)).filter(ImageFilter.GaussianBlur(1.5))
    return mask.point([max(0, min(255, round((value - 70) * 1.38))) for value in range(256)])


def lay(picture: Image.Image, mask: Image.Image, backdrop: Backdrop) -> Image.Image:
    """The *picture* with *backdrop* behind the person that *mask* (any size) keeps."""
    small = picture.resize(_SMALL, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(8))
    behind = Image.blend(small, _paper(backdrop.light, backdrop.dark), backdrop.cover)
    size = picture.size
    done = Image.composite(
        picture,
        behind.resize(size, Image.Resampling.BILINEAR),
        mask.resize(size, Image.Resampling.BILINEAR),
    )
    if backdrop.corners:
        done = ImageChops.multiply(done, _corners(round(backdrop.corners * 100), size))
    return done


def _room(small: Image.Image) -> Image.Image:
    """What the wall behind the person would look like, from both edges of the picture above the shoulders."""
    width, height = small.size
    edge, cut = width // 12, round(height * 0.45)
    sides = Image.new("RGB", (2, 6))
    for place, left in enumerate((0, width - edge)):
        strip = small.crop((left, 0, left + edge, cut))
        sides.paste(strip.resize((1, 6), Image.Resampling.BOX), (place, 0))
    room = sides.resize((width, height), Image.Resampling.BILINEAR, box=(0, 0, 2, 6))
    upper = room.resize((width, cut), Image.Resampling.BILINEAR)
    room.paste(upper.crop((0, cut - 1, width, cut)).resize((width, height - cut)), (0, cut))
    room.paste(upper, (0, 0))
    return room


def _holes(mask: Image.Image) -> Image.Image:
    """What the edges of the picture cannot reach: parts of a face that happen to look like the wall."""
    small = mask.resize((48, 60), Image.Resampling.BOX).point([0] * _PERSON + [255] * (256 - _PERSON))
    ring = Image.new("L", (small.width + 2, small.height + 1), 0)
    ring.paste(small, (1, 1))
    ImageDraw.floodfill(ring, (0, 0), 128)
    holes = ring.crop((1, 1, ring.width - 1, ring.height)).point([255] + [0] * 255)
    return holes.filter(ImageFilter.MaxFilter(3)).resize(mask.size, Image.Resampling.BICUBIC)


def _certain(crop: Crop) -> Image.Image:
    """Face and chest, kept whatever the colours say."""
    width, height = _SMALL
    mask = Image.new("L", _SMALL, 0)
    pen = ImageDraw.Draw(mask)
    x, y, half = crop.head_x * width, crop.head_y * height, max(crop.head_width, 0.30) * width * 0.5
    pen.ellipse((x - half, y - half * 1.3, x + half, y + half * 1.2), fill=255)
    pen.rectangle((x - half * 0.4, y, x + half * 0.4, height), fill=255)
    chest = min(height * 0.82, y + half * 2.9)
    foot = half * 2.6
    pen.polygon(((x - half, chest), (x + half, chest), (x + foot, height), (x - foot, height)), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(6))


def _possible(crop: Crop) -> Image.Image:
    """As far as hair, shoulders and arms may reach; beyond it everything is backdrop."""
    width, height = _SMALL
    mask = Image.new("L", _SMALL, 0)
    pen = ImageDraw.Draw(mask)
    x, y, half = crop.head_x * width, crop.head_y * height, max(crop.head_width, 0.26) * width * 0.95
    pen.ellipse((x - half * 1.2, y - half * 1.75, x + half * 1.2, y + half * 1.5), fill=255)
    arms = (x - half * 2.4, y + half * 0.8, x + half * 2.4, height * 1.5)
    pen.rounded_rectangle(arms, radius=half, fill=255)
    # Very soft: in a busy room all of it is kept, and then it should read as a light, not as a shape.
    return mask.filter(ImageFilter.GaussianBlur(18))


@lru_cache(maxsize=32)
def _paper(light: Colour, dark: Colour) -> Image.Image:
    """A pool of light a little above the middle, falling off towards the corners."""
    width, height = _SMALL
    falloff = Image.radial_gradient("L").resize((width * 2, round(height * 1.9)), Image.Resampling.BICUBIC)
    left, top = width // 2, round(height * 0.5)
    falloff = falloff.crop((left, top, left + width, top + height))
    falloff = falloff.point([min(255, value * 2) for value in range(256)])
    return Image.composite(Image.new("RGB", _SMALL, dark), Image.new("RGB", _SMALL, light), falloff)


@lru_cache(maxsize=8)
def _corners(percent: int, size: tuple[int, int]) -> Image.Image:
    fall = [255 - round(percent / 100 * max(0, value - 120) * 1.9) for value in range(256)]
    shade = Image.radial_gradient("L").point(fall)
    return Image.merge("RGB", (shade.resize(size, Image.Resampling.BICUBIC),) * 3)
