"""The texts of the consent page and the privacy page, in the language in force."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _

from portal.domain import retention
from portal.domain.consent import POLICY_VERSION, Block, Policy, Purpose, UseAgreement


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
    purposes = (
        Purpose("photos", _("Use my photos and face measurements to make my headshots")),
        Purpose("studio", _("Share my photos, name and email with %(studio)s, which runs the studio", **names)),
    )
    blocks = (*_build_processing_blocks(names), *_build_rights_blocks())
    return Policy(POLICY_VERSION, str(get_locale() or "en"), blocks, purposes)


def _build_processing_blocks(names: dict[str, str]) -> tuple[Block, ...]:
    """Build the blocks about the processing: which data, by which means, for how long."""
    return (
        Block(
            "what",
            _("Your photos go to the studio"),
            _("With your name and work email."),
            _(
                "We collect the photos you take or upload, your name, your work email and measurements of your face. "
                "The measurements are made while your headshots are generated. %(studio)s runs the studio for "
                "%(company)s, which is responsible for your data.",
                **names,
            ),
        ),
        Block(
            "ai",
            _("AI makes your headshots"),
            _("Colleagues see nothing until you choose."),
            _(
                "AI generates your headshots from your photos, and the portal marks them as AI-generated. Your photos "
                "are used for nothing else: not sold, not used to identify you, and not used to train models for "
                "other people. Colleagues and admins see no picture until you choose one."
            ),
        ),
        Block(
            "how_long",
            _("Deleted on schedule"),
            _("Uploads after %(upload_days)s days, unchosen after %(unchosen_days)s.", **_retention_days()),
            _(
                "The studio deletes the photos you upload %(upload_days)s days after your headshots are ready. "
                "Headshots you don’t choose are deleted here after %(unchosen_days)s days. The one you choose stays "
                "while %(company)s uses it, or until you ask us to delete it. We keep a record of what you agreed to.",
                **names,
                **_retention_days(),
            ),
        ),
    )


def _build_rights_blocks() -> tuple[Block, ...]:
    """Build the blocks about the person's rights and their freedom to decline."""
    return (
        Block(
            "rights",
            _("You can change your mind"),
            _("Withdraw any time, as easily as you agreed."),
            _(
                "You can see and download your headshots and ask us to delete them. If you withdraw, we send nothing "
                "more about you to the studio and collect nothing new from it. What happened before stays lawful."
            ),
        ),
        Block(
            "freedom",
            _("It’s voluntary"),
            _("Say no and nothing changes at work."),
            _(
                "If you say no, nothing changes for you at work and nobody is told. You can use a photo you already "
                "have, or none."
            ),
        ),
    )


def _retention_days() -> dict[str, str]:
    periods = {"upload_days": retention.STUDIO_UPLOADS, "unchosen_days": retention.UNCHOSEN_PHOTOS}
    return {name: str(period.days) for name, period in periods.items()}


def list_retention_terms(*, studio: str) -> list[RetentionTerm]:
    """List how long each kind of data is kept, as the privacy page shows it."""
    portal = _("This portal")
    return [
        RetentionTerm(
            _("Photos you take or upload"),
            studio,
            _("%(upload_days)s days after your headshots are ready", **_retention_days()),
        ),
        RetentionTerm(
            _("Measurements of your face"), studio, _("While your headshots are made. They never reach this portal.")
        ),
        RetentionTerm(
            _("Headshots you don’t choose"), portal, _("%(unchosen_days)s days after they’re made", **_retention_days())
        ),
        RetentionTerm(_("The headshot you choose"), portal, _("While it’s in use, or until you ask us to delete it")),
        RetentionTerm(_("The record of your agreement"), portal, _("As long as the law requires it")),
    ]


def build_use_agreement(*, company: str) -> UseAgreement:
    """Build the sentence beside the button that chooses a photo, in the language in force."""
    text = _(
        "By choosing, you agree that %(company)s uses this photo. You can take it back at any time.", company=company
    )
    return UseAgreement(POLICY_VERSION, str(get_locale() or "en"), text)
