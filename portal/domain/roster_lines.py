"""One line of a list: its data about a person, and the verdict on it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from email.utils import parseaddr
from enum import StrEnum
from functools import lru_cache

from portal.domain.email_address import normalize_domain, normalize_email
from portal.domain.team_names import TeamSpellings
from portal.domain.text import normalize_line

MAX_ADDRESS_CHARS = 254
MAX_NAME_CHARS = 200
MAX_TEAM_CHARS = 100
MAX_NUMBER_CHARS = 64
# Fields of a known entry that a line may change.
CHANGEABLE = ("name", "team", "employee_number", "due_on")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4})|(\d{1,2})/(\d{1,2})/(\d{4})")
_NO = frozenset({"", "0", "no", "n", "false", "nein", "-", "–"})
_LAST_MONTH = 12


class Verdict(StrEnum):
    """What importing a line would do."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    LEAVING = "leaving"
    """The list reports that a known person has left."""
    RETURNING = "returning"
    """The person is marked as left, and the list names them again: the mark is removed."""
    DUPLICATE = "duplicate"
    MALFORMED = "malformed"
    OUTSIDE = "outside"
    """The address is not at an allowed domain."""
    LEFT = "left"
    """The list reports that a person has left who is not expected."""


SKIPPED = (Verdict.MALFORMED, Verdict.DUPLICATE, Verdict.OUTSIDE, Verdict.LEFT)


@dataclass(frozen=True, kw_only=True)
class KnownEntry:
    """What the roster holds for an address."""

    name: str
    team: str | None
    employee_number: str | None
    due_on: date | None
    has_left: bool


@dataclass(frozen=True, kw_only=True)
class RosterLine:
    """One line.

    Attributes:
        number: its place in the list, from 1.
        text: as written.
        reason: a constant that explains the verdict, empty if it needs none.
        duplicate_of: the line with the same address that counts.
        changes: the fields that differ from the roster.
    """

    number: int
    text: str
    verdict: Verdict = Verdict.NEW
    reason: str = ""
    address: str = ""
    name: str = ""
    team: str | None = None
    employee_number: str | None = None
    due_on: date | None = None
    is_leaving: bool = False
    duplicate_of: int | None = None
    changes: tuple[str, ...] = field(default=())


class LineMalformed(Exception):
    """A line cannot be imported; ``reason`` is a constant."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class LineChecker:
    """Gives each line of one list its verdict; keeps the addresses of the lines before."""

    def __init__(
        self,
        columns: Mapping[str, int],
        known: Mapping[str, KnownEntry],
        domains: Collection[str],
        teams: TeamSpellings,
        signed_in: Collection[str] = (),
    ) -> None:
        """Store what lines are compared with.

        Args:
            columns: index of the column of each field.
            known: the roster by address.
            domains: allowed domains; empty allows all.
            teams: the spelling of each team that is used already.
            signed_in: addresses of people who are not on the roster and have signed in.
        """
        self._columns = columns
        self._teams = teams
        self._known = known
        self._domains = domains
        self._signed_in = signed_in
        self._seen: dict[str, int] = {}

    def check_line(self, number: int, cells: Sequence[str]) -> RosterLine:
        """Return the line with its verdict."""
        text = "; ".join(cell for cell in cells if cell)[:500]
        try:
            line = _parse_line(number, text, {name: _get_cell(cells, i) for name, i in self._columns.items()})
        except LineMalformed as error:
            return RosterLine(number=number, text=text, verdict=Verdict.MALFORMED, reason=error.reason)
        if line.team is not None:
            line = replace(line, team=self._teams.get_spelling(line.team))
        first = self._seen.setdefault(line.address, number)
        if first != number:
            return replace(line, verdict=Verdict.DUPLICATE, reason="same_address", duplicate_of=first)
        if self._domains and line.address.rpartition("@")[2] not in self._domains:
            return replace(line, verdict=Verdict.OUTSIDE, reason="domain")
        return self._compare(line)

    def _compare(self, line: RosterLine) -> RosterLine:
        known = self._known.get(line.address)
        if known is None and not (line.is_leaving and line.address in self._signed_in):
            return replace(line, verdict=Verdict.LEFT, reason="leaves") if line.is_leaving else line
        if known is None:
            return replace(line, verdict=Verdict.LEAVING, reason="leaves")
        if known.has_left:
            verdict = Verdict.LEFT if line.is_leaving else Verdict.RETURNING
            return replace(line, verdict=verdict, reason="leaves" if line.is_leaving else "has_left")
        if line.is_leaving:
            return replace(line, verdict=Verdict.LEAVING, reason="leaves")
        changes = tuple(name for name in CHANGEABLE if getattr(line, name) not in (None, "", getattr(known, name)))
        return replace(line, verdict=Verdict.CHANGED if changes else Verdict.KNOWN, changes=changes)


def _get_cell(cells: Sequence[str], index: int) -> str:
    return cells[index] if 0 <= index < len(cells) else ""


def _parse_line(number: int, text: str, cells: Mapping[str, str]) -> RosterLine:
    if any(cell.startswith(("=", "@")) for cell in cells.values()):
        raise LineMalformed("formula")
    written, address = _parse_address(cells.get("address", ""))
    parts = (cells.get("first_name", ""), cells.get("last_name", ""))
    name = cells.get("name", "") or " ".join(part for part in parts if part) or written
    return RosterLine(
        number=number,
        text=text,
        address=address,
        name=normalize_line(name, MAX_NAME_CHARS) or "",
        team=normalize_line(cells.get("team"), MAX_TEAM_CHARS),
        employee_number=normalize_line(cells.get("employee_number"), MAX_NUMBER_CHARS),
        due_on=_parse_date(cells.get("due_on", "")),
        is_leaving=cells.get("left", "").casefold() not in _NO,
    )


def _parse_address(cell: str) -> tuple[str, str]:
    """Return the name and the normalized address of ``Ann <ann@corp.example>`` or ``ann@corp.example``."""
    name, found = parseaddr(cell) if "<" in cell else ("", cell.removeprefix("mailto:"))
    if "@" not in found:
        raise LineMalformed("no_address")
    try:
        local, _, domain = found.rpartition("@")
        address = f"{normalize_email(f'{local}@x.example').rpartition('@')[0]}@{_normalize_domain(domain)}"
    except ValueError:
        reason = "domain_malformed" if "@" not in found.partition("@")[2] and found.partition("@")[0] else "address"
        raise LineMalformed(reason) from None
    if not local.isascii():
        raise LineMalformed("address_letters")
    if len(address) > MAX_ADDRESS_CHARS:
        raise LineMalformed("address")
    return name, address


@lru_cache(maxsize=1024)
def _normalize_domain(domain: str) -> str:
    return normalize_domain(domain)


def _parse_date(text: str) -> date | None:
    """Return ``2026-12-11``, ``11.12.2026`` or ``12/11/2026`` as a date.

    With slashes the month is first, unless the first number can only be a day.
    """
    if not text:
        return None
    match = _DATE.match(text)
    if match is None:
        raise LineMalformed("date")
    year, month, day, day2, month2, year2, first, second, year3 = (int(each or 0) for each in match.groups())
    if year3:
        year, month, day = (year3, second, first) if first > _LAST_MONTH else (year3, first, second)
    elif year2:
        year, month, day = year2, month2, day2
    try:
        return date(year, month, day)
    except ValueError:
        raise LineMalformed("date") from None
