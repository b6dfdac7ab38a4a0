"""Keeping watch: what an operator has to know, gathered in one look, and what is worth an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.db import transaction
from portal.domain import stages
from portal.models import audit, erasures, monitoring, people, shoots, waiting_room
from portal.models.monitoring import DeliveryCounts, OpenShoot
from portal.models.shoots import Shoot
from portal.services import credits, notifications, timeline
from portal.services.credits import Forecast
from portal.services.notifications import Outbox

# So many calls in a row that all failed mean that the provider has trouble of its own.
FEWEST_FAILURES = 2
RECENTLY = timedelta(minutes=10)
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
        in_line: how many have pressed start and wait for their turn.
        credits: what is left of them, and how many wait for one.
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
    in_line: int
    credits: Forecast
    erasures: tuple[int, datetime | None]
    lag_p95: float | None
    calls: list[tuple[str, str, int, int, float]]

    @property
    def calls_made(self) -> int:
        """Provider calls in the last hour."""
        return sum(count for _method, _path, count, _bad, _mean in self.calls)


def look(now: datetime) -> Watch:
    """Gather everything from our own records; no outside call is made."""
    counts = monitoring.delivery_counts()
    by_status = monitoring.shoots_by_status()
    unfinished = monitoring.unfinished()
    under_way = sum(count for status, count in by_status.items() if status in UNDER_WAY)
    quiet_since = min((shoot.since for shoot in unfinished if shoot.status in UNDER_WAY), default=now)
    last = max(filter(None, (counts.last_at, quiet_since)), default=now)
    return Watch(
        at=now,
        deliveries=counts,
        by_status=by_status,
        stuck=[one for one in unfinished if not one.problem and stages.is_stuck(one.status, one.since, now)],
        troubled=[one for one in unfinished if one.problem or _cannot_enter(one)],
        last_confirmed_at=monitoring.last_confirmed_at(),
        is_silent=bool(under_way) and now - last > SILENCE,
        in_line=waiting_room.length(),
        credits=credits.forecast(),
        erasures=erasures.waiting(),
        lag_p95=monitoring.apply_seconds(now - LAG_WINDOW),
        calls=monitoring.calls_by_path(now - CALL_WINDOW),
    )


def studio_seems_down(now: datetime) -> bool:
    """Return whether everything the provider was asked of late has failed, so that its studio may be down as well."""
    made, failed = monitoring.calls_since(now - RECENTLY)
    return made == failed >= FEWEST_FAILURES


def tell_of_stuck(*, outbox: Outbox, now: datetime) -> None:
    """Send the operators word of people who wait longer than usual, and keep of whom: their pages say that we did."""
    with transaction():
        waiting_room = [each.id for each in shoots.list_in_progress() if _is_news(each, now)]
        is_told = bool(waiting_room) and notifications.sessions_are_stuck(outbox=outbox, now=now)
    for shoot_id in waiting_room if is_told else ():
        with transaction():
            shoot = shoots.lock_shoot(shoot_id)
            if shoot is not None and _is_news(shoot, now):
                shoot.stuck_notified_at = now
                audit.add("shoot.stuck", at=now, subject_id=shoot.person_id, result="problem")
                people.publish_version(shoot.person_id)


def _is_news(shoot: Shoot, now: datetime) -> bool:
    return timeline.is_waited_for_too_long(shoot, now) and not timeline.was_told(shoot)


def _cannot_enter(shoot: OpenShoot) -> bool:
    return shoot.status == stages.ONBOARDING and shoot.link_reported_at is not None
