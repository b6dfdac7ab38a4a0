"""The provider's member lists."""

from collections.abc import Iterator
from typing import Literal

from portal.provider.operations import OperationGroup
from portal.provider.paging import iterate_pages, parse_list
from portal.provider.responses import Call, Priority
from portal.provider.wire_types import Member

MemberStatus = Literal["accepted", "pending", "finished"]


class MemberCalls(OperationGroup):
    """https://www.headshotpro.com/api/team-members

    `pending` here means mid-way through a session, not an open invite. Every method raises Unauthorized,
    Forbidden, InvalidRequest, RateLimited, Unavailable or UnexpectedAnswer.
    """

    def list_members(
        self, status: MemberStatus | None = None, *, priority: Priority = "background"
    ) -> Iterator[Member]:
        """All members, 200 a page: https://www.headshotpro.com/api/team-members"""
        query = {} if status is None else {"status": status}
        call = Call("GET", "/organization/team", query=query, priority=priority)
        return iterate_pages(self._send, call, "members", Member.parse)

    def list_accepted_members(self, *, priority: Priority = "background") -> tuple[Member, ...]:
        """Those who signed up and have not begun: https://www.headshotpro.com/api/team-members"""
        return self._list_without_paging("/organization/team/accepted", priority)

    def list_pending_members(self, *, priority: Priority = "background") -> tuple[Member, ...]:
        """Those who are uploading or waiting: https://www.headshotpro.com/api/team-members"""
        return self._list_without_paging("/organization/team/pending", priority)

    def list_finished_members(self, *, priority: Priority = "background") -> tuple[Member, ...]:
        """Those who have their photos: https://www.headshotpro.com/api/team-members"""
        return self._list_without_paging("/organization/team/finished", priority)

    def _list_without_paging(self, path: str, priority: Priority) -> tuple[Member, ...]:
        call = Call("GET", path, priority=priority)
        return tuple(parse_list(call, self._send(call), "members", Member.parse)[0])
