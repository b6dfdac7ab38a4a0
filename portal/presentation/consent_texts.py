"""The texts of the consent page and the privacy page, in the language in force."""

from __future__ import annotations

from collections.abc import Callable

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _

from portal.domain import retention
from portal.domain.brands import Brand
from portal.domain.company_texts import (
    BLOCKS,
    BUILT_IN,
    NAMES,
    OPERATOR,
    PERIODS,
    PURPOSES,
    PublishedTexts,
    TextSection,
    replace_placeholders,
)
from portal.domain.consent import Block, Policy, Purpose, UseAgreement, build_policy_version
from portal.domain.retention_periods import RetentionPeriods


def build_policy(*, company: str, studio: Brand, periods: RetentionPeriods, texts: PublishedTexts = BUILT_IN) -> Policy:
    """Build the policy in the language in force.

    Args:
        company: the controller, who asks for consent.
        studio: the processor's brand.
        periods: the retention periods in force.
        texts: the company's own texts.
    """
    read = _build_reader(texts, {"company": company, **_describe_studio(studio), **_format_days(periods)})
    blocks = tuple(Block(key, read(f"{key}.heading"), read(f"{key}.summary"), read(f"{key}.text")) for key in BLOCKS)
    purposes = tuple(Purpose(key, read(f"purpose.{key}")) for key in PURPOSES)
    return Policy(_build_version(texts), _get_locale(), blocks, purposes)


def build_use_agreement(
    *, company: str, studio: Brand, periods: RetentionPeriods, texts: PublishedTexts = BUILT_IN
) -> UseAgreement:
    """Build the sentence beside the button that chooses a photo, in the language in force."""
    read = _build_reader(texts, {"company": company, **_describe_studio(studio), **_format_days(periods)})
    return UseAgreement(_build_version(texts), _get_locale(), read("use"))


def _build_version(texts: PublishedTexts) -> str:
    return build_policy_version(texts.get_number(TextSection.CONSENT))


def _get_locale() -> str:
    return str(get_locale() or "en")


def _build_reader(texts: PublishedTexts, names: dict[str, str]) -> Callable[[str], str]:
    """Return a function that returns a text of the policy, the company's own or the built-in one, with its names."""
    texts_by_key = {**list_default_texts(), **texts.get_texts(TextSection.CONSENT, _get_locale())}
    return lambda key: replace_placeholders(texts_by_key[key], names)


def list_default_texts() -> dict[str, str]:
    """Return the built-in texts of the policy in the language in force, with placeholders instead of names."""
    names = {name: f"{{{name}}}" for name in (*NAMES, *PERIODS, *OPERATOR)}
    return {
        **_list_processing_texts(names),
        **_list_rights_texts(),
        "purpose.photos": _("Use my photos and face measurements to make my headshots"),
        "purpose.studio": _("Share my photos, name and email with %(studio)s, which runs the studio", **names),
        "use": _("By choosing, you agree that %(company)s uses this photo. You can take it back at any time.", **names),
    }


def _list_processing_texts(names: dict[str, str]) -> dict[str, str]:
    """Return the texts about the processing: which data, by which means, for how long."""
    return {
        "what.heading": _("Your photos go to the studio"),
        "what.summary": _("With your name and work email."),
        "what.text": _(
            "We collect the photos you take or upload, your name, your work email and measurements of your face. "
            "The measurements are made while your headshots are generated. %(company)s is responsible for your data. "
            "%(studio)s (%(operator)s, %(country)s) runs the studio on its behalf. Ask %(company)s which other "
            "companies the studio works with.",
            **names,
        ),
        "ai.heading": _("AI makes your headshots"),
        "ai.summary": _("Colleagues see nothing until you choose."),
        "ai.text": _(
            "AI generates your headshots from your photos, and the portal marks them as AI-generated. Your photos "
            "are used for nothing else: not sold, not used to identify you, and not used to train models for "
            "other people. Colleagues and admins see no picture until you choose one."
        ),
        "how_long.heading": _("Deleted on schedule"),
        "how_long.summary": _("Uploads after %(upload_days)s days, unchosen after %(unchosen_days)s.", **names),
        "how_long.text": _(
            "The studio deletes the photos you upload %(upload_days)s days after your headshots are ready. "
            "Headshots you don’t choose are deleted here after %(unchosen_days)s days. The one you choose stays "
            "while %(company)s uses it, or until you ask us to delete it. We keep a record of what you agreed to.",
            **names,
        ),
    }


def _list_rights_texts() -> dict[str, str]:
    """Return the texts about the person's rights and their freedom to decline."""
    return {
        "rights.heading": _("You can change your mind"),
        "rights.summary": _("Withdraw any time, as easily as you agreed."),
        "rights.text": _(
            "You can see and download your headshots and ask us to delete them. If you withdraw, we send nothing "
            "more about you to the studio and collect nothing new from it. What happened before stays lawful."
        ),
        "freedom.heading": _("It’s voluntary"),
        "freedom.summary": _("Say no and nothing changes at work."),
        "freedom.text": _(
            "If you say no, nothing changes for you at work and nobody is told. You can use a photo you already "
            "have, or none."
        ),
    }


def _describe_studio(studio: Brand) -> dict[str, str]:
    countries = (get_locale() or Locale("en")).territories
    return {"studio": studio.name, "operator": studio.operator, "country": countries[studio.country]}


def _format_days(periods: RetentionPeriods) -> dict[str, str]:
    rules = {"upload_days": retention.STUDIO_UPLOADS, "unchosen_days": retention.UNCHOSEN_PHOTOS}
    return {name: str(periods[rule].days) for name, rule in rules.items()}
