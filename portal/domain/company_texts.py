"""The company's own texts: the sections, the fields of each, and the check of what an admin writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from portal.domain.email_address import normalize_email


class TextSection(StrEnum):
    """A group of texts that is edited, published and restored as one."""

    CONSENT = "consent"
    """What people agree to; a new version asks them again."""
    PRIVACY = "privacy"
    """The privacy page, besides the consent text and the retention table."""
    LINKS = "links"
    """Addresses of the company's legal pages and of its data protection officer."""
    MAILS = "mails"
    """The text blocks of mails to employees and managers."""


class TextFormat(StrEnum):
    """How a text is written and shown."""

    LINE = "line"
    """Plain text in one line."""
    PARAGRAPHS = "paragraphs"
    """Plain text; a blank line begins a paragraph."""
    LINKED = "linked"
    """Paragraphs that may hold links, written as ``[words](https://example.com)``."""
    ADDRESS = "address"
    """An https address."""
    EMAIL = "email"
    """An email address."""


class TextProblem(StrEnum):
    """What is wrong with a text."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    HTML = "html"
    UNKNOWN_PLACEHOLDER = "unknown_placeholder"
    MISSING_PLACEHOLDER = "missing_placeholder"
    STRAY_BRACE = "stray_brace"
    CHECKBOX = "checkbox"
    """A line that begins like a purpose with its checkbox, by which the stored consent is read."""
    BAD_LINK = "bad_link"
    BAD_ADDRESS = "bad_address"
    BAD_EMAIL = "bad_email"


@dataclass(frozen=True)
class TextField:
    """One text of a section.

    Attributes:
        max_length: in characters.
        required: placeholders that the text has to contain.
        allowed: further placeholders that it may contain.
        is_optional: whether it may be empty.
    """

    key: str
    format: TextFormat
    max_length: int
    required: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    is_optional: bool = False


@dataclass(frozen=True)
class FoundProblem:
    """A problem of one text.

    Attributes:
        detail: the placeholders, or the limit in characters.
    """

    problem: TextProblem
    detail: str = ""


NAMES = frozenset({"company", "studio"})
PERIODS = frozenset({"upload_days", "unchosen_days"})
# Of the studio: the company that runs it, and the country of its seat.
OPERATOR = frozenset({"operator", "country"})
BLOCKS = ("what", "ai", "how_long", "rights", "freedom")
PURPOSES = ("photos", "studio")

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_TAG = re.compile(r"<\s*[/!?a-zA-Z]")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]*)\)")
_CHECKBOX = re.compile(r"^\s*\[ ?\]", re.MULTILINE)


def _build_consent_fields() -> Iterator[TextField]:
    allowed = NAMES | PERIODS | OPERATOR
    needed = {"what.text": NAMES, "how_long.summary": PERIODS, "how_long.text": PERIODS}
    for block in BLOCKS:
        for part, format_, limit in (
            ("heading", TextFormat.LINE, 60),
            ("summary", TextFormat.LINE, 120),
            ("text", TextFormat.PARAGRAPHS, 1500),
        ):
            key = f"{block}.{part}"
            yield TextField(key, format_, limit, needed.get(key, frozenset()), allowed)
    yield TextField("purpose.photos", TextFormat.LINE, 200, frozenset(), allowed)
    yield TextField("purpose.studio", TextFormat.LINE, 200, frozenset({"studio"}), allowed)
    yield TextField("use", TextFormat.LINE, 300, frozenset({"company"}), allowed)


def _build_mail_fields() -> Iterator[TextField]:
    allowed = NAMES
    for kind in ("ready", "link_problem", "link_seen_to", "credits_back", "digest"):
        yield TextField(f"{kind}.title", TextFormat.LINE, 100, allowed=allowed)
        yield TextField(f"{kind}.text", TextFormat.PARAGRAPHS, 800, allowed=allowed)
        yield TextField(f"{kind}.button", TextFormat.LINE, 40)
    for kind, states in (("invitation", ("",)), ("reminder", ("_new", "_started"))):
        yield TextField(f"{kind}.title", TextFormat.LINE, 100, allowed=allowed)
        yield TextField(f"{kind}.title_due", TextFormat.LINE, 100, frozenset({"date"}), allowed)
        for state in states:
            yield TextField(f"{kind}.text{state}", TextFormat.PARAGRAPHS, 800, allowed=allowed)
            yield TextField(f"{kind}.button{state}", TextFormat.LINE, 40)


FIELDS: Mapping[TextSection, tuple[TextField, ...]] = {
    TextSection.CONSENT: tuple(_build_consent_fields()),
    TextSection.PRIVACY: (
        TextField("title", TextFormat.LINE, 80, allowed=NAMES),
        TextField("lead", TextFormat.LINE, 240, allowed=NAMES),
        TextField("about", TextFormat.LINKED, 6000, allowed=NAMES, is_optional=True),
        TextField("questions", TextFormat.LINKED, 1500, allowed=NAMES),
        TextField("complaint", TextFormat.LINKED, 800, allowed=NAMES),
    ),
    TextSection.LINKS: (
        TextField("imprint", TextFormat.ADDRESS, 500, is_optional=True),
        TextField("privacy_statement", TextFormat.ADDRESS, 500, is_optional=True),
        TextField("dpo_email", TextFormat.EMAIL, 254, is_optional=True),
    ),
    TextSection.MAILS: tuple(_build_mail_fields()),
}

Content = Mapping[str, Mapping[str, str]]
"""The texts of one section: a mapping of language code to a mapping of field key to text."""


@dataclass(frozen=True)
class PublishedTexts:
    """The latest version of each section that was published; sections without one have the built-in texts.

    Attributes:
        numbers: the version's number by section.
        contents: its texts by section.
    """

    numbers: Mapping[str, int] = field(default_factory=dict)
    contents: Mapping[str, Content] = field(default_factory=dict)

    def get_number(self, section: TextSection) -> int:
        """Return the number of a section's version, 0 while it has the built-in texts."""
        return self.numbers.get(section, 0)

    def get_texts(self, section: TextSection, locale: str) -> Mapping[str, str]:
        """Return the texts of a section in a language; those that are missing have their built-in words."""
        return self.contents.get(section, {}).get(locale, {})


BUILT_IN = PublishedTexts()
"""No section was published."""


def normalize_text(text_field: TextField, value: str) -> str:
    """Return a text as it is stored: without control characters and surplus blank space."""
    clean = "".join(c for c in value.replace("\r\n", "\n").replace("\r", "\n") if c == "\n" or c.isprintable())
    if text_field.format in {TextFormat.PARAGRAPHS, TextFormat.LINKED}:
        return "\n\n".join(split_paragraphs(clean))
    return " ".join(clean.split())


def split_paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text, which blank lines separate; a single line break is a space."""
    return tuple(" ".join(part.split()) for part in re.split(r"\n[ \t]*\n", text) if part.strip())


def replace_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the placeholders that have a value replaced."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def iterate_links(paragraph: str) -> Iterator[tuple[str, str | None]]:
    """Yield the parts of a paragraph: a label with the address it links to, or plain text with None."""
    end = 0
    for found in _LINK.finditer(paragraph):
        if found.start() > end:
            yield paragraph[end : found.start()], None
        yield found[1], found[2]
        end = found.end()
    if end < len(paragraph):
        yield paragraph[end:], None


def check_text(text_field: TextField, value: str) -> FoundProblem | None:
    """Return the first problem of a normalized text, None if it can be published."""
    if not value:
        return None if text_field.is_optional else FoundProblem(TextProblem.MISSING)
    if len(value) > text_field.max_length:
        return FoundProblem(TextProblem.TOO_LONG, str(text_field.max_length))
    if text_field.format is TextFormat.ADDRESS:
        return None if is_web_address(value) else FoundProblem(TextProblem.BAD_ADDRESS)
    if text_field.format is TextFormat.EMAIL:
        return None if _is_email(value) else FoundProblem(TextProblem.BAD_EMAIL)
    return _check_markup(text_field, value) or _check_placeholders(text_field, value)


def _check_markup(text_field: TextField, value: str) -> FoundProblem | None:
    if _TAG.search(value):
        return FoundProblem(TextProblem.HTML)
    if _CHECKBOX.search(value):
        return FoundProblem(TextProblem.CHECKBOX)
    if text_field.format is TextFormat.LINKED:
        addresses = [address for _label, address in iterate_links(value) if address is not None]
        if "](" in _LINK.sub("", value) or not all(map(_is_link, addresses)):
            return FoundProblem(TextProblem.BAD_LINK)
    return None


def _check_placeholders(text_field: TextField, value: str) -> FoundProblem | None:
    names = frozenset(_PLACEHOLDER.findall(value))
    if unknown := names - text_field.required - text_field.allowed:
        return FoundProblem(TextProblem.UNKNOWN_PLACEHOLDER, _format_names(unknown))
    if missing := text_field.required - names:
        return FoundProblem(TextProblem.MISSING_PLACEHOLDER, _format_names(missing))
    if re.search(r"[{}]", _PLACEHOLDER.sub("", value)):
        return FoundProblem(TextProblem.STRAY_BRACE)
    return None


def _format_names(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def is_web_address(value: str) -> bool:
    """Return whether a value is an https address without credentials or blank space."""
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    has_no_markup = value.isascii() and not re.search(r"[\s<>\"'`{}|\\^]", value)
    return (
        parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and port_is_valid and has_no_markup
    )


def _is_link(address: str) -> bool:
    if address.startswith("mailto:"):
        return _is_email(address.removeprefix("mailto:"))
    return is_web_address(address)


def _is_email(value: str) -> bool:
    try:
        normalize_email(value)
    except ValueError:
        return False
    return not re.search(r"[\s<>\"'?&]", value)
