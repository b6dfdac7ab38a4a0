"""One running portal for all tests of faults in this process; each test gets it whole and leaves it whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.stack import Stack
from tests import canaries

for _module in ("barrage", "house", "studio"):
    pytest.register_assert_rewrite(f"tests.faults.{_module}")

from tests.faults.house import House  # noqa: E402 - what it asserts is explained only if it is imported after that

# A session of an hour takes a second, and so do the retries of a webhook.
SPEED = 3600.0


@pytest.fixture(scope="session")
def running_house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="portal-faults-"))
    try:
        # As durable as in production: what was committed has to survive an immediate stop.
        with Stack(data_dir=folder / "stack", speed=SPEED, durable=True) as stack:
            house = House(stack)
            try:
                house.studio.switch(gallery_size=3, pictures="plain", credits=10_000, webhook_timeout_seconds=5)
                yield house
            finally:
                house.close()
        assert canaries.found_in_files(folder) == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def house(running_house: House) -> Iterator[House]:
    """The portal, whole; restored after the test, whatever it did."""
    running_house.restore()
    yield running_house
    running_house.restore()
