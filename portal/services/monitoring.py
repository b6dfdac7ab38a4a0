"""Monitoring: the portal's health figures for operators, and reporting shoots that are stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.db import transaction
from portal.domain import stages
from portal.models import audit, delivery_totals, monitoring, people, provider_calls, shoots
from portal.models.monitoring import DeliveryCounts, OpenShoot, StatusCounts
from portal.models.shoots import Shoot
from portal.services import credits, notifications, timeline
from portal.services.app_context import AppContext
from portal.services.credits import Forecast

# At least this many recent calls, all of them failed, mean that the provider is down.
MIN_FAILURES = 2
RECENTLY = timedelta(minutes=10)
# With sessions in progress, this long without any webhook means that webhooks do not arrive.
SILENCE = timedelta(hours=6)
LAG_WINDOW = timedelta(hours=1)
CALL_WINDOW = timedelta(hours=1)
# A list of more is read on the list of people, where it has a filter.
SHOWN_SHOOTS = 25
ACTIVE_STATUSES = frozenset({stages.WAITING, "pending", "generatingHeadshots", stages.FAILED})


@dataclass(frozen=True)
class HealthReport:
    """The portal's figures at one moment.

    Attributes:
        stuck: of the ``stuck_count`` unfinished shoots that have been in their status longer than usual, the longest.
        needing_help: of the ``needing_help_count`` unfinished shoots that need an operator, the longest.
        is_silent: whether webhooks were expected and did not arrive.
        queue_length: people who pressed start and have no session yet.
        credits: the balance, and how many people wait for a credit.
        erasures: number of unfinished erasures, and when the oldest of them was requested.
        lag_p95: 95th percentile of the seconds until a webhook was applied, last hour; None without any.
        calls: method, path template, count, failures and mean milliseconds of the provider calls, last hour.
    """

    at: datetime
    deliveries: DeliveryCounts
    by_status: dict[str | None, int]
    stuck: list[OpenShoot]
    stuck_count: int
    needing_help: list[OpenShoot]
    needing_help_count: int
    last_confirmed_at: datetime | None
    is_silent: bool
    queue_length: int
    credits: Forecast
    erasures: tuple[int, datetime | None]
    lag_p95: float | None
    calls: list[tuple[str, str, int, int, float]]

    @property
    def calls_made(self) -> int:
        """Provider calls in the last hour."""
        return sum(count for _method, _path, count, _bad, _mean in self.calls)


def get_health_report(now: datetime) -> HealthReport:
    """Read all figures from our own records; makes no outside call."""
    counts = monitoring.count_deliveries()
    figures = monitoring.read_figures()
    by_status = monitoring.count_shoots(now)
    return HealthReport(
        at=now,
        deliveries=counts,
        by_status={each.status: each.count for each in by_status},
        stuck=monitoring.list_stuck(now, SHOWN_SHOOTS),
        stuck_count=sum(each.stuck for each in by_status),
        needing_help=monitoring.list_needing_help(SHOWN_SHOOTS),
        needing_help_count=sum(each.needing_help for each in by_status),
        last_confirmed_at=figures.last_confirmed_at,
        is_silent=_is_silent(counts, by_status, now),
        queue_length=figures.queue_length,
        credits=credits.get_forecast(),
        erasures=(figures.erasures, figures.oldest_erasure_at),
        lag_p95=monitoring.compute_apply_seconds_p95(now - LAG_WINDOW),
        calls=provider_calls.list_calls_by_path(now - CALL_WINDOW),
    )


@dataclass(frozen=True)
class MetricsReport:
    """The figures of /metrics: counts alone, which stay cheap however many people there are."""

    deliveries: DeliveryCounts
    shoots: list[StatusCounts]
    is_silent: bool
    lag_p95: float | None
    calls_made: int


def get_metrics_report(now: datetime) -> MetricsReport:
    """Count from our own records; no outside call is made and no list is read."""
    counts = monitoring.count_deliveries()
    by_status = monitoring.count_shoots(now)
    return MetricsReport(
        deliveries=counts,
        shoots=by_status,
        is_silent=_is_silent(counts, by_status, now),
        lag_p95=monitoring.compute_apply_seconds_p95(now - LAG_WINDOW),
        calls_made=provider_calls.count_calls(now - CALL_WINDOW)[0],
    )


def _is_silent(counts: DeliveryCounts, by_status: list[StatusCounts], now: datetime) -> bool:
    """Return whether sessions are in progress, and no webhook has arrived since the oldest of them or any other."""
    active = [each for each in by_status if each.status in ACTIVE_STATUSES]
    if not active:
        return False
    silent_since = min((each.unfinished_since for each in active if each.unfinished_since), default=now)
    last = max(filter(None, (counts.last_at, silent_since)), default=now)
    return now - last > SILENCE


def update_delivery_total(*, now: datetime) -> None:
    """Count the stored webhooks; see :mod:`portal.models.delivery_totals`."""
    with transaction():
        delivery_totals.update_total(now)


def is_studio_down(now: datetime) -> bool:
    """Return whether all recent provider calls failed; its studio is then probably down as well."""
    made, failed = provider_calls.count_calls(now - RECENTLY)
    return made == failed >= MIN_FAILURES


def report_stuck_shoots(context: AppContext) -> None:
    """Notify the operators of stuck shoots, and record it on each shoot for the person's page."""
    now = context.clock()
    with transaction():
        stuck = [each.id for each in shoots.list_in_progress() if _is_unreported(each, now)]
        is_notified = bool(stuck) and notifications.notify_sessions_stuck(context)
    for shoot_id in stuck if is_notified else ():
        with transaction():
            shoot = shoots.lock_shoot(shoot_id)
            if shoot is not None and _is_unreported(shoot, now):
                shoot.stuck_notified_at = now
                audit.create_entry("shoot.stuck", at=now, subject_id=shoot.person_id, result="problem")
                people.publish_version(shoot.person_id)


def _is_unreported(shoot: Shoot, now: datetime) -> bool:
    return timeline.is_overdue(shoot, now) and not timeline.is_reported(shoot)
