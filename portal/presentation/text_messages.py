"""The words of the console's page about the company's own texts: sections, fields and what is wrong with a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.domain.company_texts import FIELDS, FoundProblem, TextField, TextProblem, TextSection

_SECTIONS = {
    TextSection.CONSENT: (_l("Consent"), _l("What people agree to before their first photo.")),
    TextSection.PRIVACY: (_l("Privacy page"), _l("What anyone can read, without signing in.")),
    TextSection.LINKS: (_l("Legal links"), _l("Imprint, your own notice and your data protection officer.")),
    TextSection.MAILS: (_l("Emails"), _l("What people and managers get by email.")),
}
_GROUPS = {
    "what": _l("What is collected"),
    "ai": _l("AI"),
    "how_long": _l("How long"),
    "rights": _l("Rights"),
    "freedom": _l("Voluntary"),
    "purpose": _l("Checkboxes"),
    "use": _l("Beside the button that chooses"),
    "invitation": _l("Invitation"),
    "reminder": _l("Reminder"),
    "ready": _l("Headshots are ready"),
    "link_problem": _l("Studio link stopped working"),
    "link_seen_to": _l("Studio is ready again"),
    "credits_back": _l("Photo session is free again"),
    "digest": _l("Weekly numbers for managers"),
}
_LABELS = {
    "heading": _l("Heading"),
    "summary": _l("Summary"),
    "text": _l("Text"),
    "purpose.photos": _l("Photos"),
    "purpose.studio": _l("Sharing with the studio"),
    "use": _l("Sentence"),
    "title": _l("Title"),
    "title_due": _l("Title with a due date"),
    "button": _l("Button"),
    "text_new": _l("Text, not started"),
    "button_new": _l("Button, not started"),
    "text_started": _l("Text, started"),
    "button_started": _l("Button, started"),
    "lead": _l("First sentence"),
    "about": _l("More about your data"),
    "questions": _l("Questions and requests"),
    "complaint": _l("Complaints"),
    "imprint": _l("Imprint, address"),
    "privacy_statement": _l("Your own privacy notice, address"),
    "dpo_email": _l("Data protection officer, email"),
}


@dataclass(frozen=True)
class TextGroup:
    """Fields that stand together.

    Attributes:
        title: empty where the section is one group.
    """

    title: str
    fields: tuple[TextField, ...]


def get_section_name(section: TextSection | str) -> str:
    """Return the name of a section."""
    return str(_SECTIONS[TextSection(section)][0])


def get_section_hint(section: TextSection) -> str:
    """Return what a section holds."""
    return str(_SECTIONS[section][1])


def describe_syntax(section: TextSection) -> str:
    """Return which placeholders and links the texts of a section may hold; empty for plain values."""
    sentences = {
        TextSection.CONSENT: _(
            "Use {company}, {studio}, {upload_days} and {unchosen_days} where the name or the number of days belongs, "
            "and {operator} and {country} for the company that runs the studio and where it is."
        ),
        TextSection.PRIVACY: _(
            "The consent text and the retention table stand on the page as well. A blank line begins a paragraph. "
            "Write links like [words](https://example.com)."
        ),
        TextSection.MAILS: _(
            "Use {company} and {studio} for the names, and {date} in titles with a due date. "
            "A blank line begins a paragraph."
        ),
    }
    return str(sentences.get(section, ""))


def list_groups(section: TextSection) -> list[TextGroup]:
    """List the fields of a section in groups, in the order of the page."""
    groups: dict[str, list[TextField]] = {}
    for text_field in FIELDS[section]:
        name = text_field.key.split(".")[0]
        groups.setdefault(name if name in _GROUPS else "", []).append(text_field)
    return [TextGroup(str(_GROUPS[name]) if name else "", tuple(fields)) for name, fields in groups.items()]


def get_label(text_field: TextField) -> str:
    """Return the label of a field within its group."""
    key = text_field.key
    return str(_LABELS.get(key) or _LABELS[key.rsplit(".", 1)[-1]])


def get_full_label(text_field: TextField) -> str:
    """Return the label of a field with its group, for a list of fields of all groups."""
    group = _GROUPS.get(text_field.key.split(".")[0])
    return f"{group}, {get_label(text_field)}" if group else get_label(text_field)


def describe_limits(text_field: TextField) -> str:
    """Return how long a text may be and which placeholders it needs."""
    limit = str(_("%(count)s characters at most.", count=text_field.max_length))
    if not text_field.required:
        return limit
    names = ", ".join(f"{{{name}}}" for name in sorted(text_field.required))
    return " ".join((limit, str(_("Needs %(names)s.", names=names))))


def describe_problem(found: FoundProblem) -> str:
    """Return what is wrong with a text and what to do."""
    sentences: Mapping[TextProblem, str] = {
        TextProblem.MISSING: _("Write this text. It’s needed in every language."),
        TextProblem.TOO_LONG: _("Use at most %(count)s characters.", count=found.detail),
        TextProblem.HTML: _("Remove the HTML tags. Plain text is enough."),
        TextProblem.UNKNOWN_PLACEHOLDER: _(
            "Remove or correct %(names)s. It can’t be filled in here.", names=found.detail
        ),
        TextProblem.MISSING_PLACEHOLDER: _("Add %(names)s. The text isn’t true without it.", names=found.detail),
        TextProblem.STRAY_BRACE: _("Remove the single curly bracket, or complete the placeholder."),
        TextProblem.CHECKBOX: _("Don’t begin a line with [ ]. Checkboxes are added by the page."),
        TextProblem.BAD_LINK: _("Write links like [words](https://example.com)."),
        TextProblem.BAD_ADDRESS: _("Write a whole address that starts with https://"),
        TextProblem.BAD_EMAIL: _("Write an email address like privacy@example.com."),
    }
    return sentences[found.problem]
