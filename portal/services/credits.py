"""Credits: what the provider said is left, what of it is spoken for, and letting those go on who wait for one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil

from portal.db import release, transaction
from portal.domain.stages import Problem
from portal.failpoints import failpoint
from portal.models import credits, people, shoots, waiting_room
from portal.models import queue as jobs
from portal.models.shoots import Shoot
from portal.provider import ProviderClient
from portal.provider.errors import UnexpectedResponse
from portal.services import notifications, waiting_turns
from portal.services.notifications import Outbox

log = logging.getLogger(__name__)

READ_TASK = "credits.read"
GO_ON_TASK = "credits.go_on"
# To whom the first credit after a drought goes shows whether there really is one.
PROBE = 1


@dataclass(frozen=True)
class Forecast:
    """What is left, as far as it is known.

    Attributes:
        balance: what the provider said last; None when it did not tell.
        read_at: when it said so; None when it was never asked.
        spoken_for: sessions asked for or under way that have not cost their credit yet.
        saved: of those, how many wait for a credit.
    """

    balance: Decimal | None
    read_at: datetime | None
    spoken_for: int
    saved: int

    @property
    def free(self) -> Decimal | None:
        """How many more people can start; negative when too many have; None when nobody knows."""
        return None if self.balance is None else self.balance - self.spoken_for

    @property
    def is_used_up(self) -> bool:
        """Whether no free session is known for somebody who starts now. Not knowing is not the same as none."""
        return bool(self.saved) or (self.free is not None and self.free <= 0)


def forecast() -> Forecast:
    """Return the forecast from our own records; no outside call is made."""
    known = credits.last_known()
    return Forecast(
        balance=known.balance if known else None,
        read_at=known.read_at if known else None,
        spoken_for=credits.spoken_for(),
        saved=waiting_room.count_held_up_by(Problem.NO_CREDITS),
    )


def read(*, provider: ProviderClient, clock: Callable[[], datetime]) -> Decimal | None:
    """Ask for the balance and keep it; None when the provider's answer holds none.

    Raises:
        ProviderError: the provider could not be asked.
    """
    try:
        balance: Decimal | None = provider.get_credits()
    except UnexpectedResponse as error:
        # A page of HTML from a machine in between says nothing either, and is kept no longer than the next answer.
        log.warning("credits.balance_invalid", extra={"reason": error.reason})
        balance = None
    failpoint("credits.after_call")
    with transaction():
        credits.keep(balance, now=clock())
    release()
    return balance


def look(*, provider: ProviderClient, clock: Callable[[], datetime], outbox: Outbox) -> None:
    """Read the balance, and let the first of those who wait for a credit try, unless there is none for certain.

    Raises:
        ProviderError: the provider could not be asked.
    """
    balance = read(provider=provider, clock=clock)
    if balance is None or balance > 0:
        _resume(PROBE, now=clock(), outbox=outbox)


def queue_reading() -> None:
    """Have the balance read again, in the caller's transaction; nobody is let go by that."""
    jobs.defer(READ_TASK, once="credits.read")


def go_on() -> None:
    """In the transaction of a session that was made: let more of those try who wait for a credit, if any do."""
    if waiting_room.held_up_by(Problem.NO_CREDITS, limit=1):
        jobs.defer(GO_ON_TASK, once="credits.go_on")


def let_go_on(*, now: datetime, outbox: Outbox) -> int:
    """Let as many of those go on who wait for a credit as the balance allows, in the order of asking.

    A balance nobody knows allows all: the first who is refused stops everybody behind, without another call.

    Returns:
        How many there were.
    """
    known = credits.last_known()
    if known is None or known.balance is None:
        return _resume(None, now=now, outbox=outbox)
    under_way = credits.spoken_for() - waiting_room.count_held_up_by(Problem.NO_CREDITS)
    return _resume(max(0, ceil(known.balance) - under_way), now=now, outbox=outbox)


def _resume(limit: int | None, *, now: datetime, outbox: Outbox) -> int:
    with transaction():
        found = [shoot.id for shoot in waiting_room.held_up_by(Problem.NO_CREDITS, limit)]
    release()
    for shoot_id in found:
        with transaction():
            shoot = shoots.lock_shoot(shoot_id)
            if shoot is not None and shoot.closed_at is None and shoot.problem == Problem.NO_CREDITS:
                _put_back(shoot, now=now, outbox=outbox)
        release()
    return len(found)


def _put_back(shoot: Shoot, *, now: datetime, outbox: Outbox) -> None:
    """Give somebody their old place in the line back."""
    shoot.problem = None
    shoot.attempted_at = None
    people.publish_version(shoot.person_id)
    notifications.credits_are_back(shoot, outbox=outbox, now=now)
    waiting_turns.queue(shoot)
