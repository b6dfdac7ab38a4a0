"""Browser and operating system names from a User-Agent header."""

from __future__ import annotations

from dataclasses import dataclass

# The first match counts: most browsers also contain the name of another one further down.
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
    """Browser and operating system, None where the header does not name a known one."""

    browser: str | None
    system: str | None


def parse_user_agent(user_agent: str | None) -> Device:
    """Return the device that a User-Agent header describes."""
    header = user_agent or ""
    return Device(_find_name(header, _BROWSERS), _find_name(header, _SYSTEMS))


def _find_name(header: str, known: tuple[tuple[str, str], ...]) -> str | None:
    return next((name for mark, name in known if mark in header), None)
