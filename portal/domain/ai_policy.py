"""How a generated picture is disclosed at each destination of the kit. Own photos need no disclosure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from portal.domain.kit_files import KIT_FILES, KitFileSpec


class AiPolicy(StrEnum):
    """How a generated picture is disclosed at one destination."""

    LABEL = "label"
    """The IPTC label in the file."""
    TEXT = "text"
    """The label in the file, and a text beside the picture where it is used."""
    OWN_PHOTO = "own-photo"
    """A generated picture is not offered for this destination."""


# The public sees the website first, and disclosure is due at first sight. Elsewhere the label travels with the file.
DEFAULT_AI_POLICY: Mapping[str, AiPolicy] = {
    spec.key: AiPolicy.TEXT if spec.key == "web" else AiPolicy.LABEL for spec in KIT_FILES
}


def parse_ai_policy(text: str) -> dict[str, AiPolicy]:
    """Parse ``badge=own-photo, web=text``; destinations that are not named keep their default.

    Raises:
        ValueError: an unknown destination or policy, with the allowed ones in its text.
    """
    policy = dict(DEFAULT_AI_POLICY)
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, _, value = (side.strip() for side in part.partition("="))
        if key not in policy:
            raise ValueError(f"{key!r} is no file of the kit; there are {', '.join(policy)}")
        if value not in set(AiPolicy):
            raise ValueError(f"{value!r} is no policy; there are {', '.join(AiPolicy)}")
        policy[key] = AiPolicy(value)
    return policy


def list_offered(policy: Mapping[str, AiPolicy], *, is_generated: bool) -> tuple[KitFileSpec, ...]:
    """Return the files of the kit that are made from a photo."""
    return tuple(spec for spec in KIT_FILES if not is_generated or policy[spec.key] is not AiPolicy.OWN_PHOTO)
