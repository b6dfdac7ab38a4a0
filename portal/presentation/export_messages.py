"""Texts of the console's exports: kinds, sizes, sample file names, and the columns of the status CSV."""

from __future__ import annotations

from flask_babel import gettext as _

from portal.domain.ai_policy import AiPolicy
from portal.domain.kit_files import KitFileSpec, KitShape
from portal.models.exports import ExportKind
from portal.models.people_list import ListRow
from portal.presentation import attention_messages, list_messages
from portal.presentation.csv_file import Cell

# Names that file systems and sorting find awkward.
SAMPLE_NAMES = (("Jürgen Großmann", "10042"), ("佐藤 美咲", "10108"), ("Siobhán O’Rourke", "10311"), ("Madonna", ""))


def get_kind_name(kind: str) -> str:
    """Return a kind of export."""
    names: dict[str, str] = {
        ExportKind.HEADSHOTS: _("Headshots"),
        ExportKind.LDIF: _("LDIF for LDAP and Active Directory"),
        ExportKind.DIRECTORY: _("Directory pack: pictures, CSV, PowerShell sample"),
    }
    return names[kind]


def get_kind_hint(kind: str) -> str:
    """Return what a kind of export is for."""
    hints: dict[str, str] = {
        ExportKind.HEADSHOTS: _("One picture a person, named by the template, with a manifest."),
        ExportKind.LDIF: _("Sets thumbnailPhoto and jpegPhoto. Replace the base of each entry by your own."),
        ExportKind.DIRECTORY: _("For import by script into Active Directory, Entra or an HR system."),
    }
    return hints[kind]


def describe_size(spec: KitFileSpec) -> str:
    """Return a size as places and pixels."""
    places: dict[str, str] = {
        "full": _("Full size"),
        "microsoft365": "Microsoft 365",
        "chat": _("Chat"),
        "linkedin": "LinkedIn",
        "directory": _("Directory and HR"),
        "signature-128": _("Mail signature, small"),
        "signature-256": _("Mail signature"),
        "badge": _("Badge"),
        "ldap": "LDAP",
        "web": _("Website"),
    }
    place = places.get(spec.key, spec.key)
    if spec.shape is KitShape.WHOLE and spec.width is None:
        return place
    height = spec.height or "…"
    return f"{place}, {spec.width} × {height}"


def describe_disclosure(policy: AiPolicy) -> str:
    """Return how generated pictures are disclosed in one size."""
    texts: dict[AiPolicy, str] = {
        AiPolicy.LABEL: _("Label in the file"),
        AiPolicy.TEXT: _("Label in the file, and people are asked to write it beside the picture"),
        AiPolicy.MARK: _("Label in the file, and a visible mark in the picture"),
        AiPolicy.OWN_PHOTO: _("Not offered: own photos only"),
    }
    return texts[policy]


def list_status_columns() -> tuple[str, ...]:
    """Return the headings of the status CSV."""
    return (
        _("Name"),
        _("Address"),
        _("Employee number"),
        _("Team"),
        _("Stage"),
        _("Since"),
        _("Due"),
        _("Attention"),
        _("Reminded"),
    )


def list_team_columns() -> tuple[str, ...]:
    """Return the headings of a team's status CSV."""
    return (_("Name"), _("Team"), _("Stage"), _("Since"), _("Due"), _("Reminded"))


def build_status_row(row: ListRow, *, has_address: bool) -> tuple[Cell, ...]:
    """Return one line of the status CSV; for managers without address, number and the reason of a delay."""
    one = row.listed
    contact: tuple[Cell, ...] = (one.email, one.employee_number) if has_address else ()
    reason = attention_messages.get_message(row.attention).title if row.attention else None
    return (
        one.name or ("" if not has_address else one.email),
        *contact,
        one.team,
        list_messages.get_stage_name(row.stage),
        row.since.date().isoformat() if row.since else None,
        one.due_on.isoformat() if one.due_on else None,
        *((reason,) if has_address else ()),
        one.reminder_count,
    )
