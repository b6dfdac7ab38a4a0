"""The tasks of the roster and its campaigns."""

from __future__ import annotations

from uuid import UUID

from portal.domain import job_types
from portal.jobs.runner import register_task
from portal.services import campaign_mails, campaigns, roster_imports
from portal.services.app_context import AppContext


def _record_import_crash(context: AppContext, *, error: Exception, import_id: str, version: int) -> None:
    del context, error, version
    roster_imports.record_crash(UUID(import_id))


@register_task(job_types.READ_ROSTER_IMPORT, on_dead=_record_import_crash)
def read_roster_import(context: AppContext, *, import_id: str, version: int) -> None:
    """Read and check one list."""
    del version
    roster_imports.read_import(UUID(import_id), context)


@register_task(job_types.APPLY_ROSTER_IMPORT, on_dead=_record_import_crash)
def apply_roster_import(context: AppContext, *, import_id: str, version: int) -> None:
    """Apply one confirmed list."""
    roster_imports.apply_import(UUID(import_id), version, context)


@register_task(job_types.START_CAMPAIGN)
def start_campaign(context: AppContext, *, campaign_id: str, version: int) -> None:
    """Start one campaign whose scheduled time has come."""
    del version
    campaigns.start_scheduled(UUID(campaign_id), now=context.clock())


@register_task(job_types.RUN_CAMPAIGNS)
def run_campaigns(context: AppContext) -> None:
    """Create the mails of campaigns that are due."""
    campaign_mails.run_campaigns(context)


@register_task(job_types.SEND_DIGESTS)
def send_digests(context: AppContext) -> None:
    """Create the weekly digests for managers."""
    campaign_mails.send_digests(context)
