"""The provider's organization and credit balance."""

from decimal import Decimal

from portal.provider.fields import UnexpectedShape, parse_decimal
from portal.provider.operations import OperationGroup
from portal.provider.responses import ApiVersion, Call, Priority
from portal.provider.wire_types import Organization


class OrganizationCalls(OperationGroup):
    """https://www.headshotpro.com/api/organization

    Every method raises Unauthorized, Forbidden, RateLimited, Unavailable or UnexpectedAnswer.
    """

    def get_organization(
        self, *, priority: Priority = "background", api_version: ApiVersion | None = None
    ) -> Organization:
        """The organization the key belongs to, with its teams: https://www.headshotpro.com/api/organization"""
        call = Call("GET", "/organization", priority=priority, api_version=api_version or self.legacy_version)
        return self._send_for_one(call, "organization", Organization.parse)

    def get_credits(self, *, priority: Priority = "background", api_version: ApiVersion | None = None) -> Decimal:
        """The balance, in shoots; steps of 0.25 exist: https://www.headshotpro.com/api/organization"""
        call = Call("GET", "/organization/credits", priority=priority, api_version=api_version or self.legacy_version)
        return self._send_for_one(call, "credits", _parse_credits)


def _parse_credits(raw: object) -> Decimal:
    balance = parse_decimal(raw)
    if balance is None:
        raise UnexpectedShape("credits")
    return balance
