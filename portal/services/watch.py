"""Keeping watch: what an operator has to know, gathered in one look, and what is worth an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.domain import stages
from portal.models import erasures, watch
from portal.models.watch import DeliveryCounts, OpenShoot

# With sessions under way, this long without any webhook means that something is wrong on the way.
SILENCE = timedelta(hours=6)
LAG_WINDOW = timedelta(hours=1)
CALL_WINDOW = timedelta(hours=1)
UNDER_WAY = frozenset({stages.WAITING, "pending", "generatingHeadshots", stages.FAILED})


@dataclass(frozen=True)
class Watch:
    """How the portal stands at one moment.

    Attributes:
        stuck: unfinished shoots that are longer in their status than usual.
        troubled: unfinished shoots that need somebody's help.
        is_silent: whether webhooks should have come and did not.
        erasures: how many are not confirmed by the provider, and since when the oldest of them is wanted.
        lag_p95: seconds until a webhook was applied, 95 of 100 in the last hour; None when none came.
    """

    at: datetime
    deliveries: DeliveryCounts
    by_status: dict[str | None, int]
    stuck: list[OpenShoot]
    troubled: list[OpenShoot]
    last_confirmed_at: datetime | None
    is_silent: bool
    erasures: tuple[int, datetime | None]
    lag_p95: float | None
    calls: list[tuple[str, str, int, int, float]]

    @property
    def calls_made(self) -> int:
        """Provider calls in the last hour."""
        return sum(count for _method, _path, count, _bad, _mean in self.calls)


def look(now: datetime) -> Watch:
    """Gather everything from our own records; no outside call is made."""
    counts = watch.delivery_counts()
    by_status = watch.shoots_by_status()
    unfinished = watch.unfinished()
    under_way = sum(count for status, count in by_status.items() if status in UNDER_WAY)
    quiet_since = min((shoot.since for shoot in unfinished if shoot.status in UNDER_WAY), default=now)
    last = max(filter(None, (counts.last_at, quiet_since)), default=now)
    return Watch(
        at=now,
        deliveries=counts,
        by_status=by_status,
        stuck=[one for one in unfinished if not one.problem and stages.is_stuck(one.status, one.since, now)],
        troubled=[one for one in unfinished if one.problem or _cannot_enter(one)],
        last_confirmed_at=watch.last_confirmed_at(),
        is_silent=bool(under_way) and now - last > SILENCE,
        erasures=erasures.waiting(),
        lag_p95=watch.apply_seconds(now - LAG_WINDOW),
        calls=watch.calls_by_path(now - CALL_WINDOW),
    )


def _cannot_enter(shoot: OpenShoot) -> bool:
    return shoot.status == stages.ONBOARDING and shoot.link_reported_at is not None
