"""Which column of a list holds what: by the names in its first line, or by what the lines look like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from portal.domain.roster_file import Row

FIELDS = ("address", "name", "first_name", "last_name", "team", "employee_number", "due_on", "left")
_NAMES = {
    "address": "email mail address emailaddress mailaddress workemail workmail businessemail primaryemail upn "
    "userprincipalname emailadresse mailadresse adresse dienstlicheemail courriel correo",
    "name": "name fullname displayname person employee employeename vollname vollständigername anzeigename "
    "mitarbeiter mitarbeiterin namevorname nom nombre",
    "first_name": "firstname givenname forename vorname rufname prénom",
    "last_name": "lastname surname familyname nachname familienname zuname",
    "team": "team department dept unit division group costcenter abteilung bereich gruppe referat standort",
    "employee_number": "employeenumber employeeid employeeno empid empno staffid staffnumber personnelnumber "
    "personalnummer persnr pnr personalnr mitarbeiternummer mitarbeiternr id number nr",
    "due_on": "due duedate dueon dueby deadline until frist fällig fälligam bis stichtag",
    "left": "left leaver leaving leavingdate exit exitdate terminated terminationdate enddate austritt "
    "austrittsdatum ausgeschieden ausgetreten",
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names.split()}
_SAMPLE_ROWS = 50


@dataclass(frozen=True)
class ColumnPlan:
    """Which column holds each field.

    Attributes:
        columns: index by field.
        header: names of the columns; empty if the list has no line of names.
    """

    columns: Mapping[str, int]
    header: tuple[str, ...] = ()


def detect_columns(rows: Sequence[Row]) -> ColumnPlan:
    """Recognize the columns of a list; ``address`` is missing if no column holds addresses."""
    first = rows[0][1]
    if not any("@" in cell for cell in first):
        named = _match_names(first)
        if "address" in named or len(named) > 1:
            return ColumnPlan(MappingProxyType(_add_address(named, rows[1:])), tuple(first))
        if len(rows) > 1 and len(first) > 1 and any("@" in cell for cell in rows[1][1]):
            # Names that are not known: the admin chooses the columns.
            return ColumnPlan(MappingProxyType(_detect_without_names(rows[1:])), tuple(first))
    return ColumnPlan(MappingProxyType(_detect_without_names(rows)))


def _match_names(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        field = _FIELD_OF.get(re.sub(r"[\W_]", "", cell.casefold()))
        if field is not None:
            found.setdefault(field, index)
    return found


def _add_address(named: dict[str, int], rows: Sequence[Row]) -> dict[str, int]:
    if "address" not in named:
        index = _find_address_column(rows)
        if index is not None and index not in named.values():
            named["address"] = index
    return named


def _detect_without_names(rows: Sequence[Row]) -> dict[str, int]:
    index = _find_address_column(rows)
    if index is None:
        return {}
    width = max(len(cells) for _, cells in rows[:_SAMPLE_ROWS])
    others = [column for column in range(width) if column != index]
    return {"address": index} | dict(zip(("name", "team", "employee_number", "due_on"), others, strict=False))


def _find_address_column(rows: Sequence[Row]) -> int | None:
    counts = Counter(index for _, cells in rows[:_SAMPLE_ROWS] for index, cell in enumerate(cells) if "@" in cell[1:])
    return counts.most_common(1)[0][0] if counts else None
