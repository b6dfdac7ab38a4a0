"""The spelling of a team that is written to the roster."""

from __future__ import annotations

from portal.domain.team_names import TeamSpellings
from portal.models import roster
from portal.settings import Settings


def load_spellings(settings: Settings) -> TeamSpellings:
    """Return the spellings of ``TEAM_MANAGERS``, on which rights depend, and of the roster, the oldest first."""
    return TeamSpellings([*settings.team_managers, *roster.list_teams_by_age()])
