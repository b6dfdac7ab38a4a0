"""The provider's team operations."""

from collections.abc import Sequence

from portal.provider.errors import AlreadyDeleted, NotFound
from portal.provider.operations import OperationGroup
from portal.provider.paging import parse_list
from portal.provider.responses import Call, Priority, build_unexpected
from portal.provider.wire_types import Organization, Team

TEAMS = "/organization/teams"
TEAM = "/organization/teams/:teamId"
TEAM_MEMBERS = "/organization/teams/:teamId/members"


class TeamCalls(OperationGroup):
    """https://www.headshotpro.com/api/teams

    Every method raises Unauthorized, Forbidden, InvalidRequest, RateLimited, Unavailable or UnexpectedAnswer,
    and what its own docstring adds.
    """

    def list_teams(self, *, priority: Priority = "background") -> tuple[Team, ...]:
        """All teams in one response: https://www.headshotpro.com/api/teams"""
        call = Call("GET", TEAMS, priority=priority)
        return tuple(parse_list(call, self._send(call), "teams", Team.parse)[0])

    def create_team(self, name: str, *, priority: Priority = "background") -> Team:
        """Create a team: https://www.headshotpro.com/api/teams

        The response is the whole organization, in which the new team is found by its name. Never retried.
        Raises InvalidRequest for a missing name and for one in use.
        """
        call = Call("POST", TEAMS, body={"name": name}, priority=priority)
        new_name = name.strip()
        for team in self._send_for_one(call, "organization", Organization.parse).teams:
            if team.name.strip() == new_name:
                return team
        raise build_unexpected(call, "new team is not listed", None)

    def rename_team(self, team_id: str, name: str, *, priority: Priority = "background") -> Team:
        """Give a team another name: https://www.headshotpro.com/api/teams

        Raises NotFound, and InvalidRequest for a missing name and for one in use.
        """
        call = Call("PUT", TEAM, {"teamId": team_id}, body={"name": name}, priority=priority)
        for team in self._send_for_one(call, "organization", Organization.parse).teams:
            if team.id == team_id:
                return team
        raise build_unexpected(call, "renamed team is not listed", None)

    def delete_team(self, team_id: str, *, priority: Priority = "background") -> None:
        """Delete a team: https://www.headshotpro.com/api/teams. Gone already is success."""
        call = Call("DELETE", TEAM, {"teamId": team_id}, priority=priority, may_be_empty=True)
        try:
            self._send(call)
        except (NotFound, AlreadyDeleted):
            return

    def add_team_members(self, team_id: str, emails: Sequence[str], *, priority: Priority = "background") -> None:
        """Move existing members into a team: https://www.headshotpro.com/api/team-members

        What happens to addresses that are no members is not documented: read the members again. Raises
        NotFound.
        """
        call = Call(
            "POST",
            TEAM_MEMBERS,
            {"teamId": team_id},
            body={"emails": list(emails)},
            priority=priority,
            may_be_empty=True,
        )
        self._send(call)
