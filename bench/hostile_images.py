"""W: memory and time of a worker's code on hostile images: at most 400 MB in all and 10 seconds an image."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from PIL import Image

from bench.report import Verdict
from bench.workbench import Bench

MAX_MEGABYTES = 400
MAX_SECONDS = 10.0
# As many shoots are copied at a time as a worker has slots.
SHOOTS = 6
_PNG = b"\x89PNG\r\n\x1a\n"


def measure_worker(bench: Bench, names: Sequence[str]) -> list[Verdict]:
    """Copy every hostile image for several shoots at once in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.hostile_images"], capture_output=True, text=True, timeout=600, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    bench.details["hostile_images"] = found
    is_met = found["megabytes"] <= MAX_MEGABYTES and found["seconds"] <= MAX_SECONDS
    text = f"{found['megabytes']} MB, {found['seconds']:.1f} s ({found['slowest']})"
    expected = f"≤ {MAX_MEGABYTES} MB, ≤ {MAX_SECONDS:.0f} s an image"
    return [Verdict(name, "worker on hostile images", expected, text, is_met) for name in names]


def build_corpus() -> dict[str, bytes]:
    """Return hostile images by name: bombs, odd shapes, endless segments, and the largest that are accepted."""
    small = _save(Image.new("RGB", (100, 100)))
    noise = Image.effect_noise((5000, 5000), 100).convert("RGB")
    png = _build_png(100, 100)
    return {
        "png 1x25M": _build_png(1, 25_000_000, color_type=0),
        "png 2Mx1": _build_png(2_000_000, 1),
        "jpeg 2x65000": _save(Image.new("RGB", (2, 65000))),
        "png 25 MP transparent": _build_png(5000, 5000, color_type=6),
        "png 25 MP 16 bit": _build_png(5000, 5000, color_type=6, depth=16),
        "jpeg 25 MP noise": _save(noise, quality=50),
        "jpeg 25 MP progressive": _save(noise, quality=40, progressive=True),
        "jpeg 25 MP cmyk": _save(Image.new("CMYK", (5000, 5000))),
        "webp 12 MP": _save(noise.crop((0, 0, 4000, 3000)), "WEBP", quality=80),
        "jpeg segments": small[:2] + b"\xff\xe5\x00\x02" * 3_000_000 + small[2:],
        "png chunks": png[:33] + _build_chunk(b"teXt", b"") * 1_000_000 + png[33:],
        "png profile bomb": png[:33]
        + _build_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(500_000_000), 9))
        + png[33:],
        "html": b"<html>" + bytes(14_000_000),
        "cut": _save(noise, quality=50)[:5_000_000],
    }


def _save(image: Image.Image, name: str = "JPEG", **options: int | bool) -> bytes:
    stream = io.BytesIO()
    image.save(stream, name, **options)
    return stream.getvalue()


def _build_png(width: int, height: int, *, color_type: int = 2, depth: int = 8) -> bytes:
    channels = {0: 1, 2: 3, 6: 4}[color_type]
    packer = zlib.compressobj(9)
    row = bytes(1 + width * channels * depth // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    return _PNG + _build_chunk(b"IHDR", header) + _build_chunk(b"IDAT", data) + _build_chunk(b"IEND", b"")


def _build_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _copy_all(folder: Path) -> dict[str, float | str]:
    """Copy the corpus as a worker does, for several shoots at once; return the peak memory and the slowest image."""
    # The corpus was made by another process, whose memory must not count.
    import portal.jobs.worker  # noqa: F401, PLC0415 - what a worker has in memory
    from portal.images.memory import configure_allocator  # noqa: PLC0415
    from portal.provider import DownloadedPhoto, PhotoDownloader  # noqa: PLC0415
    from portal.services.photo_fetching import StorageAllowance, fetch_photos  # noqa: PLC0415
    from portal.storage import LocalStorage  # noqa: PLC0415

    class FolderDownloader(PhotoDownloader):
        """Reads photos from a folder, each into memory of its own as a download does."""

        def download(self, url: str) -> DownloadedPhoto:
            return DownloadedPhoto((folder / url).read_bytes(), "image/jpeg")

    # As a worker does when it starts.
    configure_allocator()
    names = sorted(path.name for path in folder.iterdir())
    storage = LocalStorage(Path(tempfile.mkdtemp(prefix="bench-hostile-")))

    def copy_shoot() -> None:
        urls: Iterator[tuple[UUID, str]] = ((uuid4(), name) for name in names)
        for _ in fetch_photos(urls, StorageAllowance(2 * 1024**3), FolderDownloader([]), storage):
            pass

    threads = [threading.Thread(target=copy_shoot) for _ in range(SHOOTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = {name: _measure_rendering((folder / name).read_bytes()) for name in names}
    slowest = max(seconds, key=lambda name: seconds[name])
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    return {"megabytes": peak, "seconds": seconds[slowest], "slowest": slowest}


def _measure_rendering(content: bytes) -> float:
    """Return the CPU seconds that an image takes until it is rendered or refused."""
    from portal.images.errors import PhotoRefused  # noqa: PLC0415 - not in the process that makes the corpus
    from portal.images.renditions import render_photo  # noqa: PLC0415

    started = time.thread_time()
    with suppress(PhotoRefused):
        render_photo(content, is_generated=True)
    return time.thread_time() - started


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(_copy_all(Path(sys.argv[1]))) + "\n")
    else:
        with tempfile.TemporaryDirectory(prefix="bench-hostile-") as made:
            for name, content in build_corpus().items():
                (Path(made) / name).write_bytes(content)
            subprocess.run([sys.executable, "-m", "bench.hostile_images", made], check=True, timeout=500)
