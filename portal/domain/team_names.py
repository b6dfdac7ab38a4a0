"""Spellings of team names: case, Unicode form and spaces do not make another team."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def build_team_key(name: str) -> str:
    """Return what is equal for all spellings of one team."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


class TeamSpellings:
    """The spelling in which each team is stored on the roster: the first one of its name.

    Rights compare names exactly, so names are made equal when they are written, never when they are compared.

    Args:
        names: known teams, those with precedence first.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._spellings: dict[str, str] = {}
        for name in names:
            # As it is: a name in TEAM_MANAGERS is compared exactly.
            self._spellings.setdefault(build_team_key(name), name)

    def get_spelling(self, name: str) -> str:
        """Return the spelling of a team; a team that is not known gets the one given."""
        return self._spellings.setdefault(build_team_key(name), " ".join(name.split()))
