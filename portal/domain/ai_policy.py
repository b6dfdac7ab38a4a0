"""How a generated picture is disclosed at each destination of the kit. Own photos need no disclosure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from portal.domain.kit_files import KIT_FILES, SPEC_VERSION, KitFileSpec


class AiPolicy(StrEnum):
    """How a generated picture is disclosed at one destination."""

    LABEL = "label"
    """The IPTC label in the file."""
    TEXT = "text"
    """The label in the file, and a text beside the picture where it is used."""
    MARK = "mark"
    """The label in the file, and the words drawn into a corner of the picture."""
    OWN_PHOTO = "own-photo"
    """A generated picture is not offered for this destination."""


# The public sees the website first, and disclosure is due at first sight: the mark does not depend on the text beside
# the picture. Elsewhere the label travels with the file.
DEFAULT_AI_POLICY: Mapping[str, AiPolicy] = {
    spec.key: AiPolicy.MARK if spec.key == "web" else AiPolicy.LABEL for spec in KIT_FILES
}


def parse_ai_policy(text: str) -> dict[str, AiPolicy]:
    """Parse ``badge=own-photo, directory=mark``; destinations that are not named keep their default.

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


def is_marked(policy: Mapping[str, AiPolicy], key: str, *, is_generated: bool) -> bool:
    """Return whether the visible mark is drawn into a file of the kit; into own photos it never is."""
    return is_generated and policy[key] is AiPolicy.MARK


def compute_settings_digest(policy: Mapping[str, AiPolicy], locale: str) -> str:
    """Return a digest of everything but the photo and its crop that decides what the files of a kit look like.

    Args:
        policy: how a generated picture is disclosed at each destination.
        locale: the company's language, in which the mark is drawn.
    """
    drawn = [f"{key}={value}" for key, value in sorted(policy.items()) if value in {AiPolicy.MARK, AiPolicy.OWN_PHOTO}]
    return hashlib.sha256(":".join((str(SPEC_VERSION), locale, *drawn)).encode()).hexdigest()
