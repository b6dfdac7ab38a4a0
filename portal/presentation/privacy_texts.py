"""The words of the privacy page and the company's legal links, in the language in force."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape

from portal.domain.company_texts import (
    PublishedTexts,
    TextSection,
    iterate_links,
    replace_placeholders,
    split_paragraphs,
)
from portal.domain.legal_links import LegalLinks
from portal.settings import Settings


@dataclass(frozen=True)
class PrivacyTexts:
    """The parts of the privacy page besides the policy and the retention table; paragraphs are safe HTML.

    Attributes:
        about: the company's own additions, empty without any.
        questions: how to see, correct, take away or delete one's data.
        complaint: the right to complain to an authority.
    """

    title: str
    lead: str
    about: tuple[Markup, ...]
    questions: tuple[Markup, ...]
    complaint: tuple[Markup, ...]


def list_default_texts(settings: Settings) -> dict[str, str]:
    """Return the built-in texts of the privacy page in the language in force."""
    address = settings.support_email
    request = (
        _("To see, correct, take away or delete what we store about you, write to %(address)s.", address=address)
        if address
        else _(
            "To see, correct, take away or delete what we store about you, ask your company’s data protection contact."
        )
    )
    reply = _("You get a reply within one month.")
    return {
        "title": _("What happens with your photos"),
        "lead": _("Anyone can read this page. We ask you to agree to exactly this before your first photo."),
        "about": "",
        "questions": f"{request} {reply}",
        "complaint": _("You can also complain to the data protection authority where you live or work."),
    }


def build_privacy_texts(settings: Settings, texts: PublishedTexts, *, studio: str) -> PrivacyTexts:
    """Return the words of the privacy page, the company's own or the built-in ones."""
    texts_by_key = {**list_default_texts(settings), **texts.get_texts(TextSection.PRIVACY, str(get_locale() or "en"))}
    names = {"company": settings.brand_name, "studio": studio}

    def render(key: str) -> tuple[Markup, ...]:
        return render_paragraphs(texts_by_key[key], names)

    return PrivacyTexts(
        replace_placeholders(texts_by_key["title"], names),
        replace_placeholders(texts_by_key["lead"], names),
        render("about"),
        render("questions"),
        render("complaint"),
    )


def render_paragraphs(text: str, values: dict[str, str]) -> tuple[Markup, ...]:
    """Return the paragraphs of a text as safe HTML: words are escaped, and only its links become markup."""
    return tuple(
        Markup("").join(_render_part(label, address, values) for label, address in iterate_links(paragraph))
        for paragraph in split_paragraphs(text)
    )


def _render_part(label: str, address: str | None, values: dict[str, str]) -> Markup:
    shown = escape(replace_placeholders(label, values))
    if address is None:
        return shown
    return Markup('<a href="{}" rel="noopener">{}</a>').format(address, shown)


def list_default_links(settings: Settings) -> dict[str, str]:
    """Return the legal links of the environment."""
    links = settings.legal_links
    return {
        "imprint": links.imprint or "",
        "privacy_statement": links.privacy_statement or "",
        "dpo_email": links.dpo_email or "",
    }


def build_legal_links(settings: Settings, texts: PublishedTexts) -> LegalLinks:
    """Return the legal links in the language in force: published in the console, else of the environment."""
    texts_by_key = {**list_default_links(settings), **texts.get_texts(TextSection.LINKS, str(get_locale() or "en"))}
    return LegalLinks(
        texts_by_key["imprint"] or None, texts_by_key["privacy_statement"] or None, texts_by_key["dpo_email"] or None
    )
