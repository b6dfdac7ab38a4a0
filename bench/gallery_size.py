"""What a browser transfers for the first view of a gallery of 200 photos (G1)."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass

import requests

from bench.page_scores import GALLERY_SIZE, configure_sandbox, create_pages, install_lighthouse, run_lighthouse
from bench.report import Verdict
from bench.servers import FOLDER
from bench.workbench import Bench
from demo.stack import Stack

HTML_KB = 14.6
# Width of the window in CSS pixels, kB, requests.
VIEWS = ((390, 120, 20), (1440, 250, None))
DESKTOP = 1000


@dataclass(frozen=True)
class Transfer:
    """What the first view of a page took."""

    kilobytes: float
    requests: int


def measure_gallery(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Measure the HTML as it is sent, and the first view at two widths with an empty cache."""
    install_lighthouse()
    with Stack(data_dir=FOLDER / "run" / "pages", durable=True) as stack:
        path, cookie = create_pages(stack, configure_sandbox(stack))["gallery"]
        html = _measure_html(stack.addresses.portal + path, cookie)
        seen = [_measure_view(stack, path, cookie, width) for width, *_ in VIEWS]
    bench.details["gallery"] = {"html_kb": html, "views": [[each.kilobytes, each.requests] for each in seen]}
    found = [Verdict("G1", f"gallery of {GALLERY_SIZE}, HTML", f"≤ {HTML_KB} kB", f"{html:.1f} kB", html <= HTML_KB)]
    for view, (width, max_kb, max_requests) in zip(seen, VIEWS, strict=True):
        expected = f"≤ {max_kb} kB" + (f", ≤ {max_requests} requests" if max_requests else "")
        is_met = view.kilobytes <= max_kb and (max_requests is None or view.requests <= max_requests)
        text = f"{view.kilobytes:.0f} kB, {view.requests} requests"
        found.append(Verdict("G1", f"first view at {width} px", expected, text, is_met))
    return found


def _measure_html(url: str, cookie: str) -> float:
    headers = {"Cookie": f"portal_session={cookie}", "Accept-Encoding": "gzip"}
    with requests.get(url, headers=headers, timeout=30, stream=True) as response:
        response.raise_for_status()
        body = response.raw.read(decode_content=False)
    assert response.headers["Content-Encoding"] == "gzip"  # noqa: S101 - that is what is measured
    assert gzip.decompress(body)  # noqa: S101
    return len(body) / 1024


def _measure_view(stack: Stack, path: str, cookie: str, width: int) -> Transfer:
    """Load the page as a browser of this width does, without scrolling, and add up what was transferred."""
    screen = [f"--screenEmulation.width={width}", f"--screenEmulation.height={844 if width < DESKTOP else 900}"]
    device = ["--preset=desktop"] if width >= DESKTOP else []
    report = run_lighthouse(stack, path, cookie, "--only-audits=network-requests", *device, *screen)
    items = report["audits"]["network-requests"]["details"]["items"]
    sent = [item for item in items if item["url"].startswith("http")]
    return Transfer(sum(item["transferSize"] for item in sent) / 1024, len(sent))
