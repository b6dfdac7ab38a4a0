"""How far teams are in running campaigns, for their managers' digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select

from portal.db import db
from portal.models.campaign_people import HAS_CHOSEN
from portal.models.campaigns import Campaign
from portal.models.people import Person
from portal.models.roster import RosterEntry


@dataclass(frozen=True)
class TeamCounts:
    """How far the people of one team are: in a running campaign, signed in, chosen."""

    team: str
    people: int
    signed_in: int
    chosen: int


def count_teams(teams: Sequence[str]) -> list[TeamCounts]:
    """Count the people of each team in running campaigns: by the roster's team, or a group of the person."""
    found = []
    for team in teams:
        is_member = exists().where(Person.id == RosterEntry.person_id, Person.groups.contains([team]))
        is_running = exists().where(Campaign.id == RosterEntry.campaign_id, Campaign.state == "running")
        query = select(func.count(), func.count(RosterEntry.person_id), func.count().filter(HAS_CHOSEN)).where(
            RosterEntry.left_at.is_(None), is_running, or_(RosterEntry.team == team, is_member)
        )
        found.append(TeamCounts(team, *db.session.execute(query).one()))
    return [counts for counts in found if counts.people]
