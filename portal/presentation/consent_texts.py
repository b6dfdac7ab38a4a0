"""The texts of the consent page and the privacy page, in the language in force."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _

from portal.domain.consent import POLICY_VERSION, Block, Policy, Purpose


@dataclass(frozen=True)
class RetentionTerm:
    """One row of the retention table: what is kept, where, until when."""

    what: str
    where: str
    until: str


def build_policy(*, company: str, studio: str) -> Policy:
    """Build the policy in the language in force.

    Args:
        company: the controller, who asks for consent.
        studio: the processor, who runs the photo studio.
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
    return Policy(POLICY_VERSION, str(get_locale() or "en"), blocks, purposes)


def list_retention_terms(*, studio: str) -> list[RetentionTerm]:
    """List how long each kind of data is kept, as the privacy page shows it."""
    portal = _("This portal")
    return [
        RetentionTerm(_("Photos you take or upload"), studio, _("30 days after your headshots are ready")),
        RetentionTerm(
            _("Measurements of your face"),
            studio,
            _("only while your headshots are made; they never reach this portal"),
        ),
        RetentionTerm(_("Headshots you do not choose"), portal, _("90 days after they were made")),
        RetentionTerm(
            _("The headshot you choose"), portal, _("while it is in use, or until you ask for it to be deleted")
        ),
        RetentionTerm(_("Your agreement"), portal, _("kept as proof as long as the law asks for it")),
    ]
