"""Whole portals in separate processes, one for each brand of the provider, and photographs to upload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.stack import Stack
from tests.e2e import portraits

# A session that takes an hour in life takes three seconds here.
SPEED = 1200.0


@pytest.fixture(scope="module")
def start_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Stack]]:
    """Start a portal with a brand of the provider; calls with the same key share it, one runs at a time."""
    running: dict[tuple[str, str], Stack] = {}

    def stop() -> None:
        for stack in running.values():
            stack.stop()
        running.clear()

    def start(brand: str, key: str) -> Stack:
        if (brand, key) not in running:
            stop()
            folder = tmp_path_factory.mktemp(brand)
            # PostgreSQL runs as another user when we are root, and has to enter.
            for part in (folder, *folder.parents[:2]):
                part.chmod(0o711)
            running[brand, key] = Stack(data_dir=folder, speed=SPEED, brand=brand)
            running[brand, key].__enter__()
        return running[brand, key]

    yield start
    stop()


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six photographs in the formats people have."""
    return portraits.write_photo_files(tmp_path_factory.mktemp("photos"))
