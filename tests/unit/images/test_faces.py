"""Face detection: the box lies on the face, a picture without one gives none, and a missing wheel changes nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image, ImageOps
from skimage import data

from portal.domain.crops import build_automatic_crop, compute_box
from portal.images import faces

# The face of the public-domain portrait, measured by hand: left, top, right, bottom as fractions.
FACE = (0.35, 0.12, 0.54, 0.40)


def load_portrait() -> Image.Image:
    return Image.fromarray(data.astronaut())


def test_box_lies_on_the_face() -> None:
    found = faces.find_face(load_portrait())
    assert found is not None
    assert FACE[0] - 0.06 < found.left < found.left + found.width < FACE[2] + 0.06
    assert FACE[1] - 0.06 < found.top < found.top + found.height < FACE[3] + 0.06


def test_automatic_crop_centers_the_face() -> None:
    image = load_portrait()
    box = compute_box(build_automatic_crop(*image.size, faces.find_face(image)), *image.size)
    middle = (FACE[0] + FACE[2]) / 2 * image.width
    assert abs((box.left + box.right) / 2 - middle) < 0.08 * image.width


def test_mirrored_and_large_copies_are_found_too() -> None:
    for image in (ImageOps.mirror(load_portrait()), load_portrait().resize((2048, 2048))):
        assert faces.find_face(image) is not None


@pytest.mark.parametrize("size", [(1, 1), (8, 400), (320, 400)])
def test_picture_without_a_face_gives_none(size: tuple[int, int]) -> None:
    assert faces.find_face(Image.new("RGB", size, "gray")) is None


def test_without_the_detector_no_face_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "is_available", lambda: False)
    assert faces.find_face(load_portrait()) is None


@pytest.mark.slow
def test_threads_can_search_at_the_same_time() -> None:
    # In a process of its own: a fault of the detector ends the whole process.
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "import skimage.data\n"
        "from PIL import Image\n"
        "from portal.images.faces import find_face\n"
        "image = Image.fromarray(skimage.data.astronaut())\n"
        "images = [image.resize((320 - 7 * number, 320 + 5 * number)) for number in range(6)] * 30\n"
        "with ThreadPoolExecutor(6) as pool:\n"
        "    print(sum(face is not None for face in pool.map(find_face, images)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
