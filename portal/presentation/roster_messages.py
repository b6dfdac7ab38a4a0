"""Texts about imports of the roster: verdicts, why a line is skipped, why a list cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models.roster_imports import RosterImport, RosterImportLine

# Verdict: label, and the mark beside it.
VERDICTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "new": (_l("New"), "ok"),
        "changed": (_l("Changed"), "run"),
        "known": (_l("Known"), "dot"),
        "leaving": (_l("Leaves"), "warn"),
        "returning": (_l("Back"), "run"),
        "malformed": (_l("Malformed"), "bad"),
        "duplicate": (_l("Duplicate"), "off"),
        "outside": (_l("Outside"), "bad"),
        "left": (_l("Left"), "warn"),
    }
)
STATES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "reading": (_l("Being checked"), "run"),
        "ready": (_l("Waits for you"), "warn"),
        "scheduled": (_l("Scheduled"), "run"),
        "applying": (_l("Running"), "run"),
        "done": (_l("Done"), "ok"),
        "failed": (_l("Not readable"), "bad"),
        "discarded": (_l("Discarded"), "off"),
    }
)
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "address": _l("Address"),
        "name": _l("Name"),
        "first_name": _l("First name"),
        "last_name": _l("Last name"),
        "team": _l("Team"),
        "employee_number": _l("Employee number"),
        "due_on": _l("Due"),
        "left": _l("Left"),
    }
)
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "formula": _l("A formula, not text. It wasn’t run."),
        "no_address": _l("No address in this line."),
        "domain_malformed": _l("The part after @ isn’t a domain."),
        "address": _l("This isn’t an email address."),
        "address_letters": _l("Mail servers can’t deliver to letters like these before the @."),
        "date": _l("The due date isn’t a date. Write 2026-12-11."),
        "has_left": _l("Marked as left earlier. The list names them again."),
        "leaves": _l("The list says they left."),
    }
)
_FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "empty": _l("This list has no people in it. Add at least one line with an address."),
        "too_long": _l("This list has more than 50,000 lines. Split it into several."),
        "not_text": _l("This isn’t a list. Save it as CSV or Excel, then upload it again."),
        "spreadsheet": _l("This spreadsheet can’t be read. Save it again as .xlsx or CSV."),
        "password": _l("This spreadsheet has a password. Save it without one, then upload it again."),
        "no_address_column": _l("No column with email addresses was found. Choose it below, or add one to the list."),
        "crashed": _l("Something went wrong on our side. Nothing more is changed. Upload the list again."),
    }
)
_ENCODINGS: Mapping[str, str] = MappingProxyType({"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"})


def describe_untyped(count: int) -> str:
    """Return what to do before a large part of the roster is marked as left."""
    return str(
        _(
            "Nothing was changed. More than a fifth of all people are absent from this list. If it’s the full list, "
            "tick the box again and type %(count)s.",
            count=count,
        )
    )


def get_reason(line: RosterImportLine, domains: frozenset[str]) -> str:
    """Return why a line has its verdict; empty if that needs no explanation."""
    if line.reason == "same_address":
        return str(_("Same as line %(line)s; line %(line)s counts.", line=line.duplicate_of))
    if line.reason == "domain":
        return str(_("Allowed: %(domains)s", domains=", ".join(sorted(domains))))
    if line.verdict == "changed":
        return ", ".join(str(FIELDS[name]) for name in line.changes)
    return str(_REASONS.get(line.reason, ""))


def get_failure(roster_import: RosterImport) -> str:
    """Return why a list cannot be read, and what to do."""
    if roster_import.failure == "quotes":
        failure: str = _(
            "A quotation mark that opens near line %(line)s never closes. Close it, then upload the list again.",
            line=roster_import.failed_line,
        )
        return failure
    return str(_FAILURES.get(roster_import.failure or "", _FAILURES["crashed"]))


def describe_source(roster_import: RosterImport) -> str:
    """Return the name of the file, or the day for pasted text and for a list whose contents are deleted."""
    return roster_import.name or str(_("List of %(date)s", date=format_date(roster_import.created_at, "medium")))


def describe_format(roster_import: RosterImport) -> str:
    """Return how the list was understood: its delimiter and encoding."""
    if not roster_import.encoding:
        return str(_("Spreadsheet"))
    delimiters = {"\t": _("tabs"), ";": _("semicolons"), ",": _("commas")}
    delimiter = delimiters.get(roster_import.delimiter, _("one column"))
    return f"{delimiter}, {_ENCODINGS.get(roster_import.encoding, roster_import.encoding)}"
