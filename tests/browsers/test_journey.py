"""The journey in Firefox and WebKit: one smoke run each in every test run, the whole matrix in `make test-browsers`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from demo.stack import Stack
from tests.browsers.engine import Engine
from tests.browsers.firefox import Firefox
from tests.browsers.journey import run_journey
from tests.browsers.webkit import WebKit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ENGINES: dict[str, type[Engine]] = {"firefox": Firefox, "webkit": WebKit}
BRANDS = ("profilebakery", "headshotpro")
SCHEMES = ("light", "dark")
# As wide as WebKitGTK's window can be made narrow, and a desktop.
WIDTHS = (447, 1280)


def check_journey(
    stack: Stack, photos: list[Path], tmp_path: Path, name: str, *, scheme: str = "light", width: int = 1280
) -> None:
    """Run the journey; a failure leaves a picture of the window and what its scripts said."""
    engine = ENGINES[name](scheme=scheme, width=width)  # type: ignore[call-arg]
    try:
        assert engine.run("matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")
        run_journey(engine, stack.addresses.portal, photos, is_narrow=width < 900)
        assert engine.list_problems() == []
    except BaseException:
        engine.screenshot(tmp_path / "window.png")
        raise
    finally:
        engine.close()


@pytest.mark.parametrize("name", ENGINES)
def test_journey_works_in_each_engine(
    start_stack: Callable[[str], Stack], photos: list[Path], tmp_path: Path, name: str
) -> None:
    check_journey(start_stack("profilebakery"), photos, tmp_path, name)


@pytest.mark.matrix
@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ENGINES)
def test_journey_works_everywhere(
    start_stack: Callable[[str], Stack],
    photos: list[Path],
    tmp_path: Path,
    name: str,
    scheme: str,
    width: int,
    brand: str,
) -> None:
    check_journey(start_stack(brand), photos, tmp_path, name, scheme=scheme, width=width)
