"""Creates a session at the provider exactly once, through any failure; queue order is decided elsewhere."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from portal.db import transaction
from portal.domain.errors import RetryLater
from portal.domain.secretbox import SecretBox
from portal.domain.stages import ONBOARDING, Problem
from portal.domain.studio_address import build_studio_address
from portal.failpoints import failpoint
from portal.models import audit, budget, consents, deliveries, erasures, link_reports, people, shoots, waiting_room
from portal.models.shoots import Shoot
from portal.provider.errors import (
    AlreadyExists,
    Forbidden,
    InvalidRequest,
    OutOfCredits,
    ProviderError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from portal.provider.wire_types import CreatedSession, Model
from portal.services import credits, notifications, shoot_sync
from portal.services.app_context import AppContext
from portal.services.deliveries import requeue_unmatched
from portal.services.session_conflicts import find_conflict
from portal.services.session_teams import create_in_team, find_session_team

log = logging.getLogger(__name__)

# An attempt takes at most one lookup and one create, 15 seconds each; after this it counts as dead.
ATTEMPT_LEASE = timedelta(seconds=60)
# A session that fails this often for a reason of its own is given up.
MAX_FAILURES = 5
# The provider's clock may be behind by this much.
CLOCK_SKEW = timedelta(minutes=5)
MAX_BACKOFF = timedelta(minutes=5)
# How soon a start is tried again that waits for the deletion of the person's previous session.
ERASURE_DELAY = timedelta(seconds=10)
_REFUSALS = (OutOfCredits, Forbidden, Unauthorized, InvalidRequest, AlreadyExists)
_INTERNAL_ERROR = 500


@dataclass(frozen=True)
class Claim:
    """One attempt at one session; no other attempt starts before its lease has expired.

    Attributes:
        check_for_existing: an earlier attempt may have created the session without its response reaching us.
        team_id: the provider's team with the name of the person's team on the roster; None without one.
    """

    shoot_id: UUID
    attempt: int
    email: str
    development: bool
    check_for_existing: bool
    team_id: str | None = None


def claim_next_shoot(context: AppContext) -> Claim | None:
    """Begin an attempt for the first shoot in the queue; shoots that cannot be served leave the queue."""
    while True:
        now = context.clock()
        with transaction():
            shoot = waiting_room.lock_next(now, dead_before=now - ATTEMPT_LEASE)
            claim = _claim_shoot(shoot, now, context) if shoot is not None else None
        if shoot is None:
            return None
        if claim is not None:
            failpoint("create.after_claim")
            return claim


def _claim_shoot(shoot: Shoot, now: datetime, context: AppContext) -> Claim | None:
    person = people.find_person(shoot.person_id)
    # The person may have withdrawn between the press and this moment.
    if person is None or person.deactivated_at is not None or consents.find_current(person.id) is None:
        shoot.left_at = now
        return None
    if erasures.has_unfinished(person.id):
        # A fresh start: the provider allows one session for each address, so the old one goes first.
        shoot.retry_at = now + ERASURE_DELAY
        return None
    if not shoot.is_development and waiting_room.is_behind_held_up(shoot, Problem.NO_CREDITS):
        # An earlier request waits for a credit: without a call it is certain that there is none for this one.
        _set_problem(shoot, Problem.NO_CREDITS, context, reason="behind_others_without_credit")
        notifications.notify_credits_used_up(context)
        return None
    check_for_existing = shoot.attempts > shoot.attempts_without_session
    shoot.attempts += 1
    shoot.attempted_at = now
    team_id = find_session_team(person.id)
    email = build_studio_address(person.email, shoot.address_number)
    return Claim(shoot.id, shoot.attempts, email, shoot.is_development, check_for_existing, team_id)


def create_session(claim: Claim, context: AppContext) -> None:
    """Create the provider's session for a claimed shoot, with the call that was already granted.

    Raises:
        RetryLater: it failed and is worth another attempt; nothing is lost, and the queue position is kept.
    """
    try:
        result = _create_or_find(claim, context)
    except _REFUSALS as error:
        _store_refusal(claim, error, context)
        return
    except SQLAlchemyError:
        # Not the session's fault; it is tried again when its lease has run out.
        raise
    except RetryLater:
        raise
    except Exception as error:
        raise RetryLater(_schedule_retry(claim, error, context)) from error
    failpoint("create.after_call")
    _store_session(claim, result, context)
    failpoint("create.after_keep")


def _create_or_find(claim: Claim, context: AppContext) -> CreatedSession | Model:
    # A second create would be refused or, worse, make a second session.
    if claim.check_for_existing:
        if (found := context.provider.find_model_by_email(claim.email, priority="interactive")) is not None:
            return found
        # The lookup can take long in a large organization.
        _renew_lease(claim, context.clock())
    try:
        return create_in_team(
            context.provider,
            claim.email,
            team_id=claim.team_id,
            is_development=claim.development or None,
            priority="interactive",
            prepaid=not claim.check_for_existing,
        )
    except AlreadyExists:
        _record_no_session(claim)
        found = context.provider.find_model_by_email(claim.email, priority="interactive")
        if found is None:
            raise
        return found
    except ProviderError as error:
        if not error.outcome_unknown:
            _record_no_session(claim)
        raise


def _renew_lease(claim: Claim, now: datetime) -> None:
    """Check, right before the call that must not be repeated, that this attempt still holds the lease."""
    with transaction():
        shoot = shoots.lock_shoot(claim.shoot_id)
        if shoot is None or shoot.attempts != claim.attempt or shoot.provider_id or shoot.closed_at:
            raise RetryLater(now + ATTEMPT_LEASE)
        shoot.attempted_at = now


def _record_no_session(claim: Claim) -> None:
    """Record that this attempt created nothing, so that the next one needs no lookup."""
    with transaction():
        shoot = shoots.lock_shoot(claim.shoot_id)
        if shoot is not None and shoot.attempts == claim.attempt:
            shoot.attempts_without_session = claim.attempt


def _store_session(claim: Claim, result: CreatedSession | Model, context: AppContext) -> None:
    now = context.clock()
    provider_id = result.model_id if isinstance(result, CreatedSession) else result.id
    with transaction():
        shoot = shoots.lock_shoot(claim.shoot_id)
        if shoot is None:
            return
        if shoot.provider_id is not None:
            _store_late_link(shoot, provider_id, result.signed_url, context.secretbox, now)
            return
        # Events can be faster than the response to the call that caused them.
        deliveries.lock_model_id(provider_id)
        if (conflict := find_conflict(shoot, provider_id)) is not None:
            _set_problem(shoot, conflict[0], context, reason=conflict[1])
            return
        if isinstance(result, Model) and not _may_adopt(shoot, result, claim):
            _set_problem(shoot, Problem.ADDRESS_TAKEN, context, reason="session_is_older_than_request")
            return
        shoot.provider_id = provider_id
        shoot.minted_at = now
        shoot.problem = None
        budget.resume_queue()
        if result.signed_url:
            shoot.signed_url = context.secretbox.seal(result.signed_url)
        else:
            log.warning("shoot.link_missing", extra={"shoot": str(shoot.id)})
            audit.create_entry("shoot.link_lost", at=now, subject_id=shoot.person_id, result="problem")
        shoot_sync.apply_status(shoot, result.status, at=now, by="create", now=now)
        if shoot.signed_url is None and result.status == ONBOARDING:
            notifications.notify_link_lost(shoot, context, cause="never_received")
        audit.create_entry("shoot.created", at=now, subject_id=shoot.person_id, attempt=claim.attempt)
        requeue_unmatched(provider_id)
        if not shoot.is_development:
            credits.enqueue_resume_waiting()


def _may_adopt(shoot: Shoot, found: Model, claim: Claim) -> bool:
    """Return whether a session found by its address can be this person's.

    An address may have been another person's before, so an older session needs an admin's decision.
    """
    if shoot.adoption_allowed_at is not None:
        return True
    if found.created_at is None:
        # Of unknown age: the portal's if an earlier attempt may have created it.
        return claim.check_for_existing
    return found.created_at >= shoot.requested_at - CLOCK_SKEW


def _store_late_link(
    shoot: Shoot, provider_id: str, signed_url: str | None, secretbox: SecretBox, now: datetime
) -> None:
    """Store a link whose attempt was taken for dead: the provider issues it once only."""
    if signed_url and shoot.signed_url is None and shoot.provider_id == provider_id:
        shoot.signed_url = secretbox.seal(signed_url)
        audit.create_entry("shoot.link_found", at=now, subject_id=shoot.person_id)
        people.publish_version(shoot.person_id)


def _store_refusal(claim: Claim, error: ProviderError, context: AppContext) -> None:
    problem = Problem.NO_CREDITS if isinstance(error, OutOfCredits) else Problem.REFUSED
    with transaction():
        shoot = shoots.lock_shoot(claim.shoot_id)
        if shoot is not None and shoot.provider_id is None and shoot.attempts == claim.attempt:
            _set_problem(shoot, problem, context, reason=error.code or type(error).__name__)
            if problem is Problem.NO_CREDITS:
                notifications.notify_credits_used_up(context)
                credits.enqueue_balance_fetch()


def _set_problem(shoot: Shoot, problem: Problem, context: AppContext, *, reason: str) -> None:
    now = context.clock()
    shoot.problem = problem
    shoot.attempted_at = None
    audit.create_entry("shoot.not_created", at=now, subject_id=shoot.person_id, result=problem, reason=reason)
    if problem in {Problem.REFUSED, Problem.ADDRESS_TAKEN}:
        # Trying again cannot help, so that it is a task for an admin, like a dead link.
        report_id = link_reports.create_report(
            shoot.id, symptom=link_reports.START_REFUSED, browser=None, request_id=None, now=now
        )
        if report_id is not None:
            notifications.notify_start_refused(shoot, report_id, context)
    people.publish_version(shoot.person_id)


def _schedule_retry(claim: Claim, error: Exception, context: AppContext) -> datetime:
    """Release the lease of a failed attempt and return when to retry.

    A failure of the provider pauses the whole queue, in its order; a failure of this one session
    lets the others pass until it is retried.
    """
    now = context.clock()
    log.warning("shoot.creation_failed", extra={"shoot": str(claim.shoot_id), "error": type(error).__name__})
    is_outage = isinstance(error, Unavailable) and error.status != _INTERNAL_ERROR
    if is_outage or isinstance(error, RateLimited):
        with transaction():
            _release_lease(claim)
        if isinstance(error, RateLimited) and error.resets_at is not None:
            budget.pause_queue_until(error.resets_at)
            return error.resets_at
        return budget.pause_queue(now)
    with transaction():
        shoot = _release_lease(claim)
        if shoot is None:
            return now
        shoot.failures += 1
        may_pass = isinstance(error, ProviderError) and error.retryable
        if shoot.failures >= MAX_FAILURES and not may_pass:
            _set_problem(shoot, Problem.REFUSED, context, reason=type(error).__name__)
            return now
        ceiling = min(MAX_BACKOFF, timedelta(seconds=2 ** min(shoot.failures - 1, 10)))
        shoot.retry_at = now + ceiling * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret
        return shoot.retry_at


def _release_lease(claim: Claim) -> Shoot | None:
    """Release the lease of an attempt, so that the next one need not wait for it to expire."""
    shoot = shoots.lock_shoot(claim.shoot_id)
    if shoot is None or shoot.attempts != claim.attempt or shoot.provider_id is not None:
        return None
    shoot.attempted_at = None
    return shoot
