"""What a person is asked to agree to before anything about their face leaves the portal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# Raise this whenever the meaning of the text changes: everybody is then asked again.
POLICY_VERSION = "2026-11"

Translate = Callable[..., str]


@dataclass(frozen=True)
class Block:
    """One heading of the policy with its sentences."""

    key: str
    heading: str
    text: str


@dataclass(frozen=True)
class Purpose:
    """One thing that is agreed to by a tick of its own."""

    key: str
    label: str


@dataclass(frozen=True)
class Policy:
    """The whole text in one language, exactly as it is shown and kept."""

    version: str
    locale: str
    blocks: tuple[Block, ...]
    purposes: tuple[Purpose, ...]

    @property
    def text(self) -> str:
        """The text that is kept as proof."""
        blocks = [f"{block.heading}\n{block.text}" for block in self.blocks]
        return "\n\n".join([*blocks, *(f"[ ] {purpose.label}" for purpose in self.purposes)])

    @property
    def sha256(self) -> str:
        """Digest of :attr:`text`, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def missing(self, ticked: Iterable[str]) -> list[Purpose]:
        """Return the purposes that were not ticked; all are needed."""
        return [purpose for purpose in self.purposes if purpose.key not in set(ticked)]


def policy(_: Translate, *, locale: str, company: str, studio: str) -> Policy:
    """Return the policy in the language ``_`` translates to.

    Args:
        _: gettext of the reader's language.
        locale: that language, such as ``en``.
        company: who asks, the controller.
        studio: who runs the photo studio, the processor.
    """
    names = {"company": company, "studio": studio}
    blocks = (
        Block(
            "what",
            _("What is collected"),
            _(
                "The photos you take or upload, your name and e-mail address, and measurements of your face "
                "that are made from the photos while your headshots are generated."
            ),
        ),
        Block(
            "why",
            _("Why"),
            _(
                "To make professional headshots of you and to let %(company)s use the one you choose. "
                "They are not used for anything else: not sold, not used to identify you, and not used to "
                "train models for other people.",
                **names,
            ),
        ),
        Block(
            "who",
            _("Who is involved"),
            _(
                "%(company)s decides about your data. %(studio)s runs the photo studio and makes the pictures "
                "on its behalf. Your colleagues and administrators see no picture until you have chosen one.",
                **names,
            ),
        ),
        Block(
            "how_long",
            _("How long it is kept"),
            _(
                "The studio deletes the photos you upload 30 days after your headshots are ready. Pictures you "
                "do not choose are deleted here after 90 days. The one you choose stays while %(company)s uses "
                "it, or until you ask for it to be deleted. Your agreement itself is kept as proof.",
                **names,
            ),
        ),
        Block(
            "rights",
            _("Your rights"),
            _(
                "You can look at your pictures, download them and ask for them to be deleted. You can withdraw "
                "this agreement at any time, as easily as you gave it. What happened before stays lawful; from "
                "then on this portal sends the studio nothing more about you and takes no new pictures from it."
            ),
        ),
        Block(
            "freedom",
            _("You are free to say no"),
            _(
                "Taking part is voluntary. If you do not agree, nothing changes for you at work, and nobody "
                "is told. You can use a photo of your own, or none."
            ),
        ),
    )
    purposes = (
        Purpose(
            "photos",
            _("I agree that my photos and the measurements of my face are used to make my headshots."),
        ),
        Purpose(
            "studio",
            _("I agree that %(studio)s receives my photos, name and e-mail address for this.", **names),
        ),
    )
    return Policy(POLICY_VERSION, locale, blocks, purposes)
