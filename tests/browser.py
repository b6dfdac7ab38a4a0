"""Finds the Chromium that browser tests drive; starts nothing. As a command it prints the path or fails."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> Path | None:
    """Return the browser named by CHROMIUM, else the system's, else the one Playwright downloaded."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return Path(chosen) if os.access(chosen, os.X_OK) else None
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return _playwrights_own()


def _playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and only needed as a last resort

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def build_launch_arguments() -> list[str]:
    """Return what Chromium needs on this machine: root (a container) cannot use its sandbox."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


if __name__ == "__main__":
    browser = find_chromium()
    if browser is None:
        sys.exit("no Chromium found")
    sys.stdout.write(f"{browser}\n")
