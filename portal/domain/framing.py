"""Frame permissions for the studio (allow, Permissions-Policy, frame-src) from one list of origins."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Without allow-top-navigation: the studio must not navigate the portal's page.
_NEEDED = ("scripts", "same-origin", "forms", "popups", "popups-to-escape-sandbox", "downloads", "modals")
SANDBOX = " ".join(f"allow-{each}" for each in _NEEDED)

_QUOTED = re.compile(r'"([^"]*)"')


def build_allow_attribute(origins: Sequence[str]) -> str:
    """Return the frame's ``allow``, naming each origin so that a redirect inside the frame keeps the camera."""
    return " ".join(["camera", *origins])


def build_camera_policy(origins: Sequence[str]) -> str:
    """Return the camera directive of the page's ``Permissions-Policy``."""
    if not origins:
        return "camera=()"
    # A frame can only be granted what the page itself may use.
    return "camera=(self " + " ".join(f'"{origin}"' for origin in origins) + ")"


def build_frame_src(origins: Sequence[str]) -> str:
    """Return the page's ``frame-src``."""
    return "frame-src " + (" ".join(origins) or "'none'")


def find_disagreement(*, allow: str, permissions_policy: str, content_policy: str) -> set[str]:
    """Return the origins that one of the three names and another does not."""
    camera = next((part for part in permissions_policy.split(", ") if part.startswith("camera=")), "")
    frames = next((part for part in content_policy.split("; ") if part.startswith("frame-src ")), "")
    named = [
        set(allow.split()[1:]),
        set(_QUOTED.findall(camera)),
        set(frames.split()[1:]) - {"'none'"},
    ]
    return set.union(*named) - set.intersection(*named)


def list_insecure_origins(origins: Sequence[str], *, is_secure: bool) -> list[str]:
    """Return the http origins that an https page cannot frame (mixed content)."""
    return [origin for origin in origins if is_secure and not origin.startswith("https://")]
