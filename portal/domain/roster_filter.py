"""Which entries of the roster are meant: the filters of its page, and of a campaign that invites by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STATES = ("waiting", "invited", "signed_in", "muted", "bounced", "left")
# People who have left, are muted or bounced are never invited.
INVITABLE_STATES = ("waiting", "invited", "signed_in")


@dataclass(frozen=True)
class RosterFilter:
    """Which entries are listed; None for all.

    Attributes:
        search: beginning of the address, of a word of the name or of the employee number, in any letter case.
        team: exact name of the team.
        state: ``waiting`` (not invited), ``invited`` (not signed in), ``signed_in``, ``muted``, ``bounced``,
            ``left``.
    """

    search: str | None = None
    team: str | None = None
    state: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the filter lists every entry."""
        return self == RosterFilter()

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> RosterFilter:
        """Return the filter that :meth:`to_json` made."""
        return cls(value.get("search"), value.get("team"), value.get("state"))

    def to_json(self) -> dict[str, str]:
        """Return what is filtered as JSON values."""
        given = {"search": self.search, "team": self.team, "state": self.state}
        return {name: value for name, value in given.items() if value is not None}
