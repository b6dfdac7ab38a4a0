"""The provider's organisation and credit balance."""

from decimal import Decimal

from portal.provider.fields import WrongShape, decimal
from portal.provider.operations import Door
from portal.provider.responses import ApiVersion, Call, Priority
from portal.provider.wire_types import Organization


class OrganizationCalls(Door):
    """https://www.headshotpro.com/api/organization

    Every method raises Unauthorized, Forbidden, RateLimited, Unavailable or UnexpectedAnswer.
    """

    def get_organization(
        self, *, priority: Priority = "background", api_version: ApiVersion | None = None
    ) -> Organization:
        """The organisation the key belongs to, with its teams: https://www.headshotpro.com/api/organization"""
        call = Call("GET", "/organization", priority=priority, api_version=api_version or self.legacy_version)
        return self._one(call, "organization", Organization.read)

    def get_credits(self, *, priority: Priority = "background", api_version: ApiVersion | None = None) -> Decimal:
        """The balance, in shoots; steps of 0.25 exist: https://www.headshotpro.com/api/organization"""
        call = Call("GET", "/organization/credits", priority=priority, api_version=api_version or self.legacy_version)
        return self._one(call, "credits", _credits)


def _credits(raw: object) -> Decimal:
    balance = decimal(raw)
    if balance is None:
        raise WrongShape("credits")
    return balance
