"""Who a campaign invites: everyone on the roster, teams, or groups of the identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The people of a campaign.

    Attributes:
        everyone: all people on the roster.
        teams: teams of the roster.
        groups: groups of the identity provider; known of people who have signed in.
    """

    everyone: bool = False
    teams: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Audience:
        """Return the audience that :meth:`to_json` made."""
        return cls(
            everyone=bool(value.get("everyone")),
            teams=tuple(value.get("teams", ())),
            groups=tuple(value.get("groups", ())),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the audience as JSON values."""
        return {"everyone": self.everyone, "teams": list(self.teams), "groups": list(self.groups)}
