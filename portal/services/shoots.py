"""Shoots: asking for a session, getting it from the provider exactly once, and handing out its link."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.crash_points import crash_point
from portal.db import release, transaction
from portal.domain.consent import POLICY_VERSION
from portal.domain.errors import ConsentMissing
from portal.domain.secretbox import CannotOpen, SecretBox
from portal.domain.stages import ONBOARDING, Problem
from portal.models import audit, consents, deliveries, erasures, jobs, people, shoots
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.provider import ProviderClient
from portal.provider.errors import (
    AlreadyExists,
    Forbidden,
    InvalidRequest,
    OutOfCredits,
    ProviderError,
    Unauthorized,
)
from portal.provider.wire import CreatedSession, Model
from portal.services import notices, sync
from portal.services.notices import NO_OUTBOX, Outbox

log = logging.getLogger(__name__)

CREATE_TASK = "shoots.create_session"
# An attempt lasts at most one look and one create, each 15 seconds; after this it is taken for dead.
ATTEMPT_LEASE = timedelta(seconds=60)

Clock = Callable[[], datetime]


class AttemptRunning(Exception):
    """Another attempt at the same session is running, or was until its worker died.

    Attributes:
        until: when it counts as dead, UTC.
    """

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__()


def request_shoot(person: Person, *, provider: str, development: bool, now: datetime) -> Shoot:
    """Make sure the person has an open shoot; pressing twenty times makes one.

    The session itself is fetched by a job, so that nothing of the web waits for the provider.

    Raises:
        ConsentMissing: the person has not agreed to the present policy.
    """
    with transaction() as session:
        if consents.current(person.id, POLICY_VERSION) is None:
            raise ConsentMissing
        if (standing := shoots.open_for(person.id)) is not None:
            return _ask_again(standing)
        people.lock(person.id)
        # Another press may have been first.
        if (standing := shoots.open_for(person.id)) is not None:
            return standing
        shoot = Shoot(person_id=person.id, provider=provider, is_development=development, requested_at=now, attempts=0)
        session.add(shoot)
        session.flush()
        _queue_creation(shoot)
        audit.add("shoot.requested", at=now, actor_id=person.id, subject_id=person.id)
        people.announce(person.id)
        return shoot


def _ask_again(standing: Shoot) -> Shoot:
    """Let a press of start repeat what failed for a reason that may be over, or was never done."""
    shoot = shoots.lock(standing.id)
    if shoot is None or shoot.closed_at is not None or shoot.provider_id is not None:
        return standing
    if shoot.problem is not None:
        shoot.problem = None
        shoot.attempted_at = None
        people.announce(shoot.person_id)
    _queue_creation(shoot)
    return shoot


def _queue_creation(shoot: Shoot, *, priority: int = jobs.INTERACTIVE) -> None:
    jobs.defer(CREATE_TASK, priority=priority, once=f"create:{shoot.id}", shoot_id=str(shoot.id))


def create_session(
    shoot_id: UUID, *, provider: ProviderClient, secretbox: SecretBox, clock: Clock, outbox: Outbox = NO_OUTBOX
) -> None:
    """Get the provider's session for a shoot. Can be run any number of times and by several at once.

    Raises:
        ProviderError: it did not work this time and is worth another try; nothing is lost.
        AttemptRunning: somebody else is at it, or died while at it.
    """
    claim = _claim(shoot_id, clock())
    if claim is None:
        return
    attempt = claim.attempt
    try:
        result = _create_or_find(claim, provider, clock)
    except (OutOfCredits, Forbidden, Unauthorized, InvalidRequest, AlreadyExists) as error:
        _give_up(shoot_id, attempt, error, clock(), outbox)
        return
    except ProviderError:
        _let_go(shoot_id, attempt)
        raise
    crash_point("create.after_call")
    _keep_session(shoot_id, attempt, result, secretbox, clock(), outbox=outbox)
    crash_point("create.after_keep")


@dataclass(frozen=True)
class _Claim:
    shoot_id: UUID
    attempt: int
    email: str
    development: bool


def _claim(shoot_id: UUID, now: datetime) -> _Claim | None:
    with transaction():
        shoot = shoots.lock(shoot_id)
        person = people.by_id(shoot.person_id) if shoot else None
        if shoot is None or shoot.provider_id is not None or shoot.closed_at is not None:
            return None
        # The person may have withdrawn between the press and this moment.
        if person is None or person.deactivated_at is not None or consents.current(person.id, POLICY_VERSION) is None:
            return None
        if shoot.attempted_at is not None and shoot.attempted_at > now - ATTEMPT_LEASE:
            raise AttemptRunning(shoot.attempted_at + ATTEMPT_LEASE)
        shoot.attempts += 1
        shoot.attempted_at = now
        claim = _Claim(shoot_id, shoot.attempts, person.email, shoot.is_development)
    release()
    crash_point("create.after_claim")
    return claim


def _renew(claim: _Claim, now: datetime) -> None:
    """Make sure, right before the call that must not happen twice, that the attempt is still ours."""
    with transaction():
        shoot = shoots.lock(claim.shoot_id)
        if shoot is None or shoot.attempts != claim.attempt or shoot.provider_id is not None:
            raise AttemptRunning(now + ATTEMPT_LEASE)
        shoot.attempted_at = now
    release()


def _create_or_find(claim: _Claim, provider: ProviderClient, clock: Clock) -> CreatedSession | Model:
    # An earlier attempt may have worked without its answer reaching us; a second create would be refused
    # or, worse, make a second session.
    email = claim.email
    if claim.attempt > 1:
        if (found := provider.find_model_by_email(email, priority="interactive")) is not None:
            return found
        # Looking can take long in a large organisation.
        _renew(claim, clock())
    try:
        return provider.create_model(email, is_development=claim.development or None, priority="interactive")
    except AlreadyExists:
        found = provider.find_model_by_email(email, priority="interactive")
        if found is None:
            raise
        return found


def _keep_session(
    shoot_id: UUID,
    attempt: int,
    result: CreatedSession | Model,
    secretbox: SecretBox,
    now: datetime,
    *,
    outbox: Outbox,
) -> None:
    provider_id = result.model_id if isinstance(result, CreatedSession) else result.id
    with transaction():
        shoot = shoots.lock(shoot_id)
        if shoot is None:
            return
        if shoot.provider_id is not None:
            _keep_late_link(shoot, provider_id, result.signed_url, secretbox, now)
            return
        # Events can be faster than the answer to the call that caused them.
        deliveries.hold_model(provider_id)
        if shoots.by_provider_id(provider_id) is not None:
            _stop(shoot, Problem.REFUSED, now, reason="session_belongs_to_another_person")
            return
        if erasures.is_buried(provider_id):
            # The same person, back after an erasure that the provider has not finished.
            _stop(shoot, Problem.REFUSED, now, reason="session_is_being_erased")
            return
        shoot.provider_id = provider_id
        shoot.minted_at = now
        shoot.problem = None
        if result.signed_url:
            shoot.signed_url = secretbox.seal(result.signed_url)
        else:
            log.warning("session exists without a link", extra={"shoot": str(shoot.id)})
            audit.add("shoot.link_lost", at=now, subject_id=shoot.person_id, result="problem")
        sync.tell_status(shoot, result.status, at=now, by="create", now=now)
        if shoot.signed_url is None and result.status == ONBOARDING:
            notices.link_is_lost(shoot, cause="never_received", outbox=outbox, now=now)
        audit.add("shoot.created", at=now, subject_id=shoot.person_id, attempt=attempt)
        for delivery in deliveries.unmatched(provider_id):
            delivery.state = "pending"
            jobs.defer(deliveries.APPLY_TASK, delivery_id=delivery.id)


def _keep_late_link(
    shoot: Shoot, provider_id: str, signed_url: str | None, secretbox: SecretBox, now: datetime
) -> None:
    """Keep a link whose attempt was taken for dead: it is the only one there will ever be."""
    if signed_url and shoot.signed_url is None and shoot.provider_id == provider_id:
        shoot.signed_url = secretbox.seal(signed_url)
        audit.add("shoot.link_found", at=now, subject_id=shoot.person_id)
        people.announce(shoot.person_id)


def give_up(shoot_id: UUID, *, reason: str, now: datetime) -> None:
    """Say plainly that no session could be had, after the last try."""
    with transaction():
        shoot = shoots.lock(shoot_id)
        if shoot is not None and shoot.provider_id is None and shoot.closed_at is None:
            _stop(shoot, Problem.REFUSED, now, reason=reason)


def resume(shoot_id: UUID, *, now: datetime, outbox: Outbox = NO_OUTBOX) -> None:
    """Queue the creation of a session that waits for nothing any more."""
    with transaction():
        shoot = shoots.lock(shoot_id)
        if shoot is None or shoot.provider_id is not None or shoot.closed_at is not None:
            return
        if shoot.problem == Problem.NO_CREDITS:
            shoot.problem = None
            people.announce(shoot.person_id)
            notices.credits_are_back(shoot, outbox=outbox, now=now)
        if shoot.problem is None:
            _queue_creation(shoot, priority=jobs.BACKGROUND)


def _give_up(shoot_id: UUID, attempt: int, error: ProviderError, now: datetime, outbox: Outbox) -> None:
    problem = Problem.NO_CREDITS if isinstance(error, OutOfCredits) else Problem.REFUSED
    with transaction():
        shoot = shoots.lock(shoot_id)
        if shoot is not None and shoot.provider_id is None and shoot.attempts == attempt:
            _stop(shoot, problem, now, reason=error.code or type(error).__name__)
            if problem is Problem.NO_CREDITS:
                notices.credits_are_used_up(outbox=outbox, now=now)


def _stop(shoot: Shoot, problem: Problem, now: datetime, *, reason: str) -> None:
    shoot.problem = problem
    shoot.attempted_at = None
    audit.add("shoot.not_created", at=now, subject_id=shoot.person_id, result=problem, reason=reason)
    people.announce(shoot.person_id)


def _let_go(shoot_id: UUID, attempt: int) -> None:
    """End the lease of a failed attempt, so that the retry need not wait for it to run out."""
    with transaction():
        shoot = shoots.lock(shoot_id)
        if shoot is not None and shoot.attempts == attempt:
            shoot.attempted_at = None


def studio_url(person: Person, *, secretbox: SecretBox, now: datetime, outbox: Outbox = NO_OUTBOX) -> str | None:
    """Return the link of the person's own open session, None while there is none to enter.

    The link is a password: the caller sends it to its owner in a response nobody may store.
    """
    with transaction():
        standing = shoots.open_for(person.id)
        shoot = shoots.lock(standing.id) if standing else None
        if shoot is None or shoot.signed_url is None or shoot.provider_status != ONBOARDING:
            return None
        if consents.current(person.id, POLICY_VERSION) is None:
            return None
        try:
            url = secretbox.open(shoot.signed_url)
        except CannotOpen:
            log.exception("a studio link cannot be opened with the configured keys")
            shoot.problem = Problem.LINK_LOST
            audit.add("shoot.link_lost", at=now, subject_id=person.id, result="problem")
            notices.link_is_lost(shoot, cause="cannot_be_opened", outbox=outbox, now=now)
            people.announce(person.id)
            return None
        shoot.last_opened_at = now
        if shoot.opened_at is None:
            shoot.opened_at = now
            audit.add("shoot.opened", at=now, actor_id=person.id, subject_id=person.id)
        return url
