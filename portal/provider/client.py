"""The API client: one method for each of the provider's operations over one transport."""

import time

from portal.domain.brands import Brand
from portal.provider.budget import Budget, CallRecorder
from portal.provider.invites import InviteCalls
from portal.provider.members import MemberCalls
from portal.provider.models import ModelCalls
from portal.provider.organization import OrganizationCalls
from portal.provider.photos import PhotoCalls
from portal.provider.responses import ApiVersion
from portal.provider.teams import TeamCalls
from portal.provider.transport import Clock, Sleep, Transport, get_utc_now


class ProviderClient(OrganizationCalls, InviteCalls, TeamCalls, MemberCalls, ModelCalls, PhotoCalls):
    """All operations of one brand with one API key. Safe to share between threads; make one per process.

    `api_url` replaces the brand's base URLs. If it ends in `/v1`, the calls that exist in both versions (organization,
    credits, invites) use the old one; everything else is V2 only and goes there all the same. `budget` is acquired
    before and updated after each call; `recorder` records each. Reads wait and try again within limits; a call with
    `priority="interactive"` ends within 15 seconds, waiting included. Methods raise ProviderError, and what
    `budget.acquire` raises; a failing `observe` or `record` is logged and fails no call.
    """

    def __init__(  # noqa: PLR0917 - the settings of a client, in their documented order
        self,
        brand: Brand,
        api_key: str,
        api_url: str | None = None,
        budget: Budget | None = None,
        recorder: CallRecorder | None = None,
        clock: Clock = get_utc_now,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.brand = brand
        self._transport = Transport(_build_base_urls(brand, api_url), api_key, budget, recorder, clock, sleep)
        self._send = self._transport.send
        if api_url is not None and api_url.rstrip("/").endswith("/v1"):
            self.legacy_version = "v1"

    def __repr__(self) -> str:
        return f"<ProviderClient {self.brand.slug}>"

    def close(self) -> None:
        """Close kept connections; the client can go on being used."""
        self._transport.close()


def _build_base_urls(brand: Brand, api_url: str | None) -> dict[ApiVersion, str]:
    if api_url is None:
        return {"v2": brand.api_url, "v1": brand.v1_url}
    given = api_url.rstrip("/")
    if given.endswith("/v1"):
        return {"v2": given.removesuffix("/v1") + "/v2", "v1": given}
    return {"v2": given, "v1": given.removesuffix("/v2") + "/v1"}
