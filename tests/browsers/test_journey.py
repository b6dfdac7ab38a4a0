"""The journey in Firefox and WebKit: one smoke run each in every test run, the whole matrix in `make test-browsers`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from demo.stack import Stack
from tests.browsers.engines import ENGINES
from tests.browsers.journey import run_journey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# A portal is shared by the engines; each has a person of its own.
PEOPLE = {"firefox": "Ada Example", "webkit": "Ben Example"}
BRANDS = ("profilebakery", "headshotpro")
SCHEMES = ("light", "dark")
# As wide as WebKitGTK's window can be made narrow, and a desktop.
WIDTHS = (447, 1280)


@dataclass(frozen=True)
class Window:
    """An engine's window in front of a portal with a brand of the provider."""

    brand: str = BRANDS[0]
    scheme: str = SCHEMES[0]
    width: int = WIDTHS[-1]
    engine: str = "firefox"

    @property
    def deployment(self) -> str:
        """What the windows of both engines have in common."""
        return f"{self.scheme}-{self.width}"

    def __str__(self) -> str:
        return f"{self.engine}-{self.deployment}-{self.brand}"


def check_journey(window: Window, stack: Stack, photos: list[Path], tmp_path: Path) -> None:
    """Run the journey; a failure leaves a picture of the window."""
    engine = ENGINES[window.engine](scheme=window.scheme, width=window.width)  # type: ignore[call-arg]
    try:
        assert engine.run("matchMedia('(prefers-color-scheme: dark)').matches") is (window.scheme == "dark")
        run_journey(engine, stack.addresses.portal, PEOPLE[window.engine], photos)
        assert engine.list_problems() == []
    except BaseException:
        engine.screenshot(tmp_path / "window.png")
        raise
    finally:
        engine.close()


@pytest.mark.parametrize("window", [Window(engine=name) for name in ENGINES], ids=str)
def test_journey_works_in_each_engine(
    start_stack: Callable[[str, str], Stack], photos: list[Path], tmp_path: Path, window: Window
) -> None:
    check_journey(window, start_stack(window.brand, window.deployment), photos, tmp_path)


@pytest.mark.matrix
@pytest.mark.parametrize("window", [Window(*each) for each in product(BRANDS, SCHEMES, WIDTHS, ENGINES)], ids=str)
def test_journey_works_everywhere(
    start_stack: Callable[[str, str], Stack], photos: list[Path], tmp_path: Path, window: Window
) -> None:
    check_journey(window, start_stack(window.brand, window.deployment), photos, tmp_path)
