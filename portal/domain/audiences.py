"""Who a campaign invites: everyone on the roster, those a filter lists, teams, or groups of the identity provider."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from portal.domain.roster_filter import RosterFilter

_PART = re.compile(r"[^\W_]+")
_MIN_CHARS = 3


@dataclass(frozen=True)
class NamedPerson:
    """What a search may name a person by: normalized addresses, names and employee numbers, each in any spelling."""

    addresses: Collection[str]
    names: Collection[str]
    employee_numbers: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The people of a campaign.

    Attributes:
        everyone: all people on the roster.
        teams: teams of the roster.
        groups: groups of the identity provider; known of people who have signed in.
        roster: a filter of the roster's page, evaluated whenever people are invited; None for no such people.
        is_search_deleted: whether there was such a filter with a search, which is deleted with a person it named or
            because the campaign ended. It matches no person.
    """

    everyone: bool = False
    teams: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roster: RosterFilter | None = None
    is_search_deleted: bool = False

    def is_naming(self, person: NamedPerson) -> bool:
        """Whether the search may be about this person: it finds them, or a part of their name is in it.

        One or two letters with which other names begin as well count only as a whole part of the name.
        """
        search = (self.roster.search or "").casefold() if self.roster else ""
        if not search:
            return False
        names = [name.casefold() for name in person.names]
        parts = {part for name in names for part in _PART.findall(name)}
        if search in parts or search in {number.casefold() for number in person.employee_numbers}:
            return True
        texts = [*names, *(address.casefold() for address in person.addresses)]
        is_found = any(text.startswith(search) or f" {search}" in text for text in texts)
        shared = parts.intersection(_PART.findall(search))
        return (is_found and len(search) >= _MIN_CHARS) or any(len(part) >= _MIN_CHARS for part in shared)

    def delete_search(self) -> Audience:
        """Return the audience without the people that its search chose."""
        return replace(self, roster=None, is_search_deleted=True)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Audience:
        """Return the audience that :meth:`to_json` made."""
        filtered = value.get("roster")
        return cls(
            everyone=bool(value.get("everyone")),
            teams=tuple(value.get("teams", ())),
            groups=tuple(value.get("groups", ())),
            roster=RosterFilter.from_json(filtered) if filtered else None,
            is_search_deleted=bool(value.get("search_deleted")),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the audience as JSON values."""
        stored: dict[str, Any] = {"everyone": self.everyone, "teams": list(self.teams), "groups": list(self.groups)}
        if self.is_search_deleted:
            stored["search_deleted"] = True
        return stored if self.roster is None else stored | {"roster": self.roster.to_json()}
