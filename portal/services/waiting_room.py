"""The waiting room: people are served in the order in which they pressed start, as fast as the budget allows.

The line is in the rows of the shoots. A job is a turn and belongs to nobody: whichever worker takes it serves whoever
has waited longest at that moment. So neither the number of workers nor a restart nor a failed try changes the order.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.db import release, transaction
from portal.domain import waiting_room as domain
from portal.domain.waiting_room import Line
from portal.models import budget, waiting_room
from portal.models.shoots import Shoot
from portal.provider import Grant
from portal.services import shoot_creation, waiting_turns
from portal.services.desk import Desk, NotYet

# A turn waits this long in its place before it goes to the end of the queue: a worker that stops waits for it.
PATIENCE_S = 5.0
# Whoever looks while another turn has just locked the only one who waits.
_BRIEFLY_S = 0.05
_MINUTE = timedelta(minutes=1)


def take_turn(desk: Desk) -> None:
    """Serve whoever has waited longest, as soon as the budget allows a call.

    Can be run any number of times and by several at once. Nobody is called up before there is leave for the call, so
    those who are served at the same moment are always the first in the line.

    Raises:
        NotYet: nobody could be served within the patience of a turn.
    """
    patience = PATIENCE_S
    while (until := _try(desk)) is not None:
        if patience <= 0:
            raise NotYet(until)
        wait = min(max((until - desk.clock()).total_seconds(), _BRIEFLY_S), patience)
        desk.sleep(wait)
        patience -= wait


def _try(desk: Desk) -> datetime | None:
    """Serve one if that is possible now; return when to look again, None when the turn is over."""
    front = waiting_room.front()
    release()
    now = desk.clock()
    if front.is_empty:
        return None
    if front.rests_until is not None and front.rests_until > now:
        return front.rests_until
    leave = desk.budget.acquire("interactive", now)
    if not isinstance(leave, Grant):
        return now + timedelta(seconds=leave)
    claim = shoot_creation.claim_next_shoot(desk)
    if claim is not None:
        shoot_creation.create_session(claim, desk)
        return None
    until = waiting_room.ready_at(shoot_creation.ATTEMPT_LEASE.total_seconds())
    release()
    return until


def pick_up(*, before: datetime) -> int:
    """Queue the turns that got lost, if any did, for those who have waited since before this moment."""
    queued = 0
    with transaction():
        if missing := waiting_room.missing_turns():
            for shoot in waiting_room.in_order(before):
                queued += waiting_turns.queue(shoot)
                if queued == missing:
                    break
    return queued


def look(shoot: Shoot, *, now: datetime, limit_per_minute: int) -> Line:
    """Return where somebody stands and how fast the line moves, from our own records in one statement."""
    standing = waiting_room.standing(shoot, minute_ago=now - _MINUTE, limit_per_minute=limit_per_minute)
    opens_at = max(filter(None, (standing.closed_until, standing.line_rests_until)), default=now)
    return Line(
        ahead=standing.ahead,
        waited=domain.waited_since(shoot.requested_at, now),
        per_minute=domain.free_per_minute(
            standing.limit_per_minute,
            budget.USED,
            budget.KEPT_FOR_BACKGROUND,
            standing.reserve / budget.reserve_of(standing.limit_per_minute),
        ),
        served=standing.served,
        opens_in=max(opens_at - now, timedelta(0)),
        outages=standing.line_failures,
    )
