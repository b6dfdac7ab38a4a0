"""The provider's invite operations, in both API versions behind the same types."""

from portal.provider.errors import AlreadyDeleted, NotFound
from portal.provider.fields import UnexpectedShape
from portal.provider.operations import OperationGroup
from portal.provider.paging import parse_list
from portal.provider.responses import ApiVersion, Call, Priority, build_unexpected, get_holder
from portal.provider.wire_types import CreatedInvite, Invite

INVITES = "/organization/invites"
# The old API uses "invite" in the singular except in the list.
CREATE = {"v2": INVITES, "v1": "/organization/invite"}
REVOKE = {"v2": "/organization/invites/revoke", "v1": "/organization/invite/revoke"}


class InviteCalls(OperationGroup):
    """https://www.headshotpro.com/api/invites

    Every method raises Unauthorized, Forbidden, RateLimited, Unavailable or UnexpectedAnswer, and what its
    own docstring adds.
    """

    def list_invites(
        self, *, priority: Priority = "background", api_version: ApiVersion | None = None
    ) -> tuple[Invite, ...]:
        """All invites in one response: https://www.headshotpro.com/api/invites"""
        call = Call("GET", INVITES, priority=priority, api_version=api_version or self.legacy_version)
        return tuple(parse_list(call, self._send(call), "invites", Invite.parse)[0])

    def create_invite(
        self,
        email: str,
        *,
        team_id: str | None = None,
        priority: Priority = "background",
        api_version: ApiVersion | None = None,
    ) -> CreatedInvite:
        """Create an invite; the provider sends the mail: https://www.headshotpro.com/api/invites

        Never retried: when the error has `outcome_unknown`, check with `get_invite` first. Raises
        InvalidEmail, AlreadyExists, OutOfCredits, InviteLimit.
        """
        version = api_version or self.legacy_version
        body = {"email": email} if team_id is None else {"email": email, "teamId": team_id}
        call = Call(
            "POST",
            CREATE[version],
            body=body,
            priority=priority,
            api_version=version,
            detect_duplicate_text=True,
        )
        response = self._send(call)
        try:
            return CreatedInvite.parse(get_holder(response, "link"))
        except UnexpectedShape:
            raise build_unexpected(call, "no usable invite", None) from None

    def get_invite(self, email: str, *, priority: Priority = "background") -> Invite:
        """The invite of an address: https://www.headshotpro.com/api/invites. Raises NotFound."""
        call = Call("GET", "/organization/invites/:email", {"email": email}, priority=priority)
        return self._send_for_one(call, "invite", Invite.parse)

    def get_invite_by_id(self, invite_id: str, *, priority: Priority = "background") -> Invite:
        """The invite with an id, which only the old API returns. Raises NotFound.

        The address in it is the member's present one, not always the one invited.
        """
        call = Call("GET", "/organization/invite/id/:id", {"id": invite_id}, priority=priority, api_version="v1")
        return self._send_for_one(call, "invite", Invite.parse)

    def revoke_invite(
        self, email: str, *, priority: Priority = "background", api_version: ApiVersion | None = None
    ) -> None:
        """Revoke an invite, which frees its place: https://www.headshotpro.com/api/invites

        One that is not there is success. Raises InvalidRequest when it was used already.
        """
        version = api_version or self.legacy_version
        call = Call(
            "POST",
            REVOKE[version],
            body={"email": email},
            priority=priority,
            api_version=version,
            may_be_empty=True,
        )
        try:
            self._send(call)
        except (NotFound, AlreadyDeleted):
            return
