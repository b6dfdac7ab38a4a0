"""The three permissions a studio in a frame needs, from one list of origins, and whether they agree as sent."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What a studio is known to need. Without allow-top-navigation, which would let it take the page away.
_NEEDED = ("scripts", "same-origin", "forms", "popups", "popups-to-escape-sandbox", "downloads", "modals")
SANDBOX = " ".join(f"allow-{each}" for each in _NEEDED)

_QUOTED = re.compile(r'"([^"]*)"')


def frame_allow(origins: Sequence[str]) -> str:
    """Return the frame's ``allow``: each origin by name, or a redirect inside the frame would lose the camera."""
    return " ".join(["camera", *origins])


def camera_policy(origins: Sequence[str]) -> str:
    """Return the camera's part of the page's ``Permissions-Policy``."""
    if not origins:
        return "camera=()"
    # A frame gets what its page may have, so the page itself has to be named as well.
    return "camera=(self " + " ".join(f'"{origin}"' for origin in origins) + ")"


def frame_sources(origins: Sequence[str]) -> str:
    """Return the page's ``frame-src``."""
    return "frame-src " + (" ".join(origins) or "'none'")


def disagreement(*, allow: str, permissions_policy: str, content_policy: str) -> set[str]:
    """Return the origins that one of the three names and another does not."""
    camera = next((part for part in permissions_policy.split(", ") if part.startswith("camera=")), "")
    frames = next((part for part in content_policy.split("; ") if part.startswith("frame-src ")), "")
    named = [
        set(allow.split()[1:]),
        set(_QUOTED.findall(camera)),
        set(frames.split()[1:]) - {"'none'"},
    ]
    return set.union(*named) - set.intersection(*named)


def unusable(origins: Sequence[str], *, is_secure: bool) -> list[str]:
    """Return the origins a browser would not show in a page of ours: plain http inside https."""
    return [origin for origin in origins if is_secure and not origin.startswith("https://")]
