"""The company's texts as their readers get them, for the console: built-in texts, the check of a draft, previews."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher

from flask import current_app
from flask_babel import force_locale, format_date

from portal.domain.brands import Brand
from portal.domain.company_texts import (
    FIELDS,
    Content,
    FoundProblem,
    PublishedTexts,
    TextSection,
    check_text,
    normalize_text,
    replace_placeholders,
    split_paragraphs,
)
from portal.domain.consent import Policy, UseAgreement
from portal.domain.legal_links import LegalLinks
from portal.presentation import consent_texts, mail_messages, privacy_texts
from portal.presentation.privacy_texts import PrivacyTexts
from portal.settings import Settings


@dataclass(frozen=True)
class MailBlock:
    """One mail of a preview; ``title_due`` is its title with a due date, empty where it has none."""

    key: str
    title: str
    title_due: str
    paragraphs: tuple[str, ...]
    button: str


@dataclass(frozen=True)
class TextPreview:
    """A section in one language as its readers get it; only the part of its section is set."""

    section: TextSection
    locale: str
    policy: Policy | None = None
    use: UseAgreement | None = None
    privacy: PrivacyTexts | None = None
    links: LegalLinks | None = None
    mails: tuple[MailBlock, ...] = ()


@dataclass(frozen=True)
class FieldDifference:
    """A field that differs between two versions.

    Attributes:
        parts: pieces of the text with ``equal``, ``insert`` or ``delete``.
    """

    key: str
    locale: str
    parts: tuple[tuple[str, str], ...]


def list_locales() -> tuple[str, ...]:
    """List the languages in which every text is needed."""
    names: tuple[str, ...] = current_app.extensions["locales"]
    return names


def build_built_in(section: TextSection, settings: Settings) -> dict[str, dict[str, str]]:
    """Return the built-in texts of a section in every language, where the environment's values count."""
    content = {}
    for locale in list_locales():
        with force_locale(locale):
            defaults = _list_defaults(section, settings)
        content[locale] = {each.key: defaults[each.key] for each in FIELDS[section]}
    return content


def _list_defaults(section: TextSection, settings: Settings) -> dict[str, str]:
    if section is TextSection.CONSENT:
        return consent_texts.list_default_texts()
    if section is TextSection.PRIVACY:
        return privacy_texts.list_default_texts(settings)
    if section is TextSection.LINKS:
        return privacy_texts.list_default_links(settings)
    return mail_messages.list_default_blocks()


def complete_content(section: TextSection, content: Content | None, settings: Settings) -> dict[str, dict[str, str]]:
    """Return texts with the built-in words where a field or language is missing, such as one added since."""
    built_in = build_built_in(section, settings)
    return {locale: {**texts, **(content or {}).get(locale, {})} for locale, texts in built_in.items()}


def parse_content(section: TextSection, form: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the texts of a form whose fields are named ``language:key``, without surplus blank space."""
    return {
        locale: {each.key: normalize_text(each, form.get(f"{locale}:{each.key}", "")) for each in FIELDS[section]}
        for locale in list_locales()
    }


def list_problems(section: TextSection, content: Content) -> dict[tuple[str, str], FoundProblem]:
    """Return what is wrong with the texts of a section, by language and field; empty if they can be published."""
    checked = {
        (locale, each.key): check_text(each, content.get(locale, {}).get(each.key, ""))
        for locale in list_locales()
        for each in FIELDS[section]
    }
    return {key: problem for key, problem in checked.items() if problem is not None}


def build_preview(
    section: TextSection, content: Content, *, locale: str, settings: Settings, studio: Brand, today: date
) -> TextPreview:
    """Return a section in one language as its readers would get it."""
    texts = PublishedTexts({}, {str(section): content})
    names = {"company": settings.brand_name, "studio": studio.name}
    with force_locale(locale):
        if section is TextSection.CONSENT:
            periods = settings.retention
            policy = consent_texts.build_policy(
                company=settings.brand_name, studio=studio, periods=periods, texts=texts
            )
            use = consent_texts.build_use_agreement(
                company=settings.brand_name, studio=studio, periods=periods, texts=texts
            )
            return TextPreview(section, locale, policy=policy, use=use)
        if section is TextSection.PRIVACY:
            privacy = privacy_texts.build_privacy_texts(settings, texts, studio=studio.name)
            return TextPreview(section, locale, privacy=privacy)
        if section is TextSection.LINKS:
            return TextPreview(section, locale, links=privacy_texts.build_legal_links(settings, texts))
        due = str(format_date(today + timedelta(days=14), "long"))
    mails = tuple(_iterate_mails(content[locale], names | {"date": due}))
    return TextPreview(section, locale, mails=mails)


def _iterate_mails(texts: Mapping[str, str], values: Mapping[str, str]) -> Iterator[MailBlock]:
    def read(key: str) -> str:
        return replace_placeholders(texts.get(key, ""), values)

    for kind in dict.fromkeys(each.key.split(".")[0] for each in FIELDS[TextSection.MAILS]):
        states = ("_new", "_started") if f"{kind}.text_new" in texts else ("",)
        for state in states:
            paragraphs = split_paragraphs(read(f"{kind}.text{state}"))
            title_due = read(f"{kind}.title_due")
            yield MailBlock(kind, read(f"{kind}.title"), title_due, paragraphs, read(f"{kind}.button{state}"))


def list_differences(section: TextSection, old: Content, new: Content) -> list[FieldDifference]:
    """List the fields that differ between two versions, word by word."""
    found = []
    for locale in dict.fromkeys((*new, *old)):
        for each in FIELDS[section]:
            before, after = old.get(locale, {}).get(each.key, ""), new.get(locale, {}).get(each.key, "")
            if before != after:
                found.append(FieldDifference(each.key, locale, tuple(_iterate_differences(before, after))))
    return found


def _iterate_differences(before: str, after: str) -> Iterator[tuple[str, str]]:
    old, new = _split_text(before), _split_text(after)
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "equal", "".join(old[start:end])
            continue
        if end > start:
            yield "delete", "".join(old[start:end])
        if new_end > new_start:
            yield "insert", "".join(new[new_start:new_end])


def _split_text(text: str) -> list[str]:
    """Return the words of a text, each with the blank space that follows it."""
    pieces: list[str] = []
    for line in text.splitlines(keepends=True):
        pieces.extend(part if index == 0 else f" {part}" for index, part in enumerate(line.split(" ")))
    return pieces
