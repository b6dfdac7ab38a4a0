"""The health page: the checks of ``portal doctor`` run by the worker, and what only a running portal can know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.db import transaction
from portal.domain import job_types
from portal.models import audit, health_checks, queue, secret_ages, setup_progress
from portal.models.health_checks import HealthCheck, NewResult
from portal.models.people import Person
from portal.services import health, health_records, monitoring
from portal.services.app_context import AppContext
from portal.services.monitoring import HealthReport

# A worker that lives sends a heartbeat every five seconds.
MAX_HEARTBEAT_AGE = timedelta(seconds=60)


@dataclass(frozen=True)
class SetupStep:
    """One step from a fresh deployment to a real session."""

    key: str
    is_done: bool


@dataclass(frozen=True)
class HealthPage:
    """Everything the health page shows.

    Attributes:
        checks: last results, in the order of the checks; empty until the worker has run them once.
        is_checking: whether a run is waiting or under way.
        heartbeat_at: last heartbeat of any worker; None without one.
        steps: the set-up checklist.
    """

    checks: list[HealthCheck]
    is_checking: bool
    heartbeat_at: datetime | None
    is_worker_alive: bool
    report: HealthReport
    steps: list[SetupStep]

    @property
    def is_set_up(self) -> bool:
        """Whether every step of the checklist is done."""
        return all(step.is_done for step in self.steps)


def run_checks(context: AppContext) -> None:
    """Run every check and store the results. Runs in the worker, since it calls the provider."""
    with transaction():
        secret_ages.store_secrets(health_records.list_fingerprints(context.settings), now=context.clock())
    found = health.iterate_checks(context.settings)
    results = [
        NewResult(each.component, each.is_ok, each.is_warning, each.text, each.message.to_json()) for each in found
    ]
    with transaction():
        health_checks.store_results(results, now=context.clock())


def request_checks() -> None:
    """Have the worker run the checks; a run that is waiting already is enough, and starts at once."""
    with transaction():
        queue.start_job_now(job_types.CHECK_HEALTH)


def request_full_sweep(*, actor: Person, now: datetime) -> None:
    """Have every session compared with the provider, as the rotation of a secret needs it."""
    with transaction():
        queue.start_job_now(job_types.SWEEP, full=True)
        audit.create_entry("reconcile.ordered", at=now, actor_id=actor.id)


def get_health_page(context: AppContext) -> HealthPage:
    """Gather the health page from our own records; no outside call is made."""
    now = context.clock()
    checks = health_checks.list_results()
    report = monitoring.get_health_report(now)
    heartbeat_at = queue.find_last_heartbeat()
    return HealthPage(
        checks=checks,
        is_checking=queue.has_active_job(job_types.CHECK_HEALTH),
        heartbeat_at=heartbeat_at,
        is_worker_alive=heartbeat_at is not None and now - heartbeat_at < MAX_HEARTBEAT_AGE,
        report=report,
        steps=_list_steps(context, {check.component: check.is_ok and not check.is_warning for check in checks}),
    )


def _list_steps(context: AppContext, is_ok: dict[str, bool]) -> list[SetupStep]:
    settings, progress = context.settings, setup_progress.read_progress()
    done = {
        "sign_in": is_ok.get("sign-in", False),
        "provider": is_ok.get("provider", False),
        "storage": is_ok.get("storage", False),
        "mail": is_ok.get("mail", False) and settings.mail_url is not None,
        "webhook": bool(settings.webhook_secrets) and progress.has_webhook,
        "whitelabel": progress.has_session or is_ok.get("whitelabel", False),
        "session": progress.has_finished,
        "roster": progress.has_roster,
        "campaign": progress.has_campaign,
    }
    return [SetupStep(key, is_done) for key, is_done in done.items()]
