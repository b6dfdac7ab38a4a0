"""What somebody signed in with, in words they know it by, as far as the browser tells."""

from __future__ import annotations

from dataclasses import dataclass

# The first that is found counts: nearly every browser also claims to be one that stands further down.
_BROWSERS = (
    ("Teams/", "Microsoft Teams"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Device:
    """A browser and the system it runs on; None where it does not tell, or tells what nobody knows."""

    browser: str | None
    system: str | None


def device_of(user_agent: str | None) -> Device:
    """Return what a browser's own description of itself amounts to."""
    said = user_agent or ""
    return Device(_first(said, _BROWSERS), _first(said, _SYSTEMS))


def _first(said: str, known: tuple[tuple[str, str], ...]) -> str | None:
    return next((name for mark, name in known if mark in said), None)
