"""Who a campaign invites: everyone on the roster, those a filter lists, teams, or groups of the identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.domain.roster_filter import RosterFilter


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The people of a campaign.

    Attributes:
        everyone: all people on the roster.
        teams: teams of the roster.
        groups: groups of the identity provider; known of people who have signed in.
        roster: a filter of the roster's page, evaluated whenever people are invited; None for no such people.
    """

    everyone: bool = False
    teams: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roster: RosterFilter | None = None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Audience:
        """Return the audience that :meth:`to_json` made."""
        filtered = value.get("roster")
        return cls(
            everyone=bool(value.get("everyone")),
            teams=tuple(value.get("teams", ())),
            groups=tuple(value.get("groups", ())),
            roster=RosterFilter.from_json(filtered) if filtered else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the audience as JSON values."""
        stored = {"everyone": self.everyone, "teams": list(self.teams), "groups": list(self.groups)}
        return stored if self.roster is None else stored | {"roster": self.roster.to_json()}
