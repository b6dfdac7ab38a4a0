"""Notices: which mail is owed to whom, and handing each to the mail server; no word of a mail is written here.

A notice is a row and a job in the transaction that makes it necessary, so it is owed exactly if that happened.
It is marked as sent after the server has taken it. A worker killed between the two sends it a second time, with
the same Message-ID; no order of events loses one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from portal.db import release, transaction
from portal.domain.roles import Role
from portal.domain.stages import ONBOARDING, Problem
from portal.mail import MailDeferred, Mailer, MailRefused, Message
from portal.models import audit, notifications, people, queue, shoots
from portal.models.notifications import Notice
from portal.models.people import Person
from portal.models.shoots import Shoot

log = logging.getLogger(__name__)

SEND_TASK = "notices.send"
# A mail can wait; photos and sessions go first, also while a dead mail server costs every try three seconds.
PRIORITY = queue.BACKGROUND - 10
# As long as mail servers themselves go on trying one mailbox.
GIVE_UP_AFTER = timedelta(days=5)
SESSION_PAUSE = timedelta(seconds=30)


class Kind(StrEnum):
    """What a mail says."""

    READY = "ready"
    LINK_PROBLEM = "link_problem"
    CREDITS_BACK = "credits_back"
    LINK_SEEN_TO = "link_seen_to"
    # To those who run the campaign.
    LINK_LOST = "link_lost"
    OUT_OF_CREDITS = "out_of_credits"
    STUCK = "stuck"
    LINK_REPORTED = "link_reported"


@dataclass(frozen=True)
class Outbox:
    """Whether there is a mail server at all, and an address for those who run the campaign."""

    sends_mail: bool
    has_support: bool


NO_OUTBOX = Outbox(sends_mail=False, has_support=False)


@dataclass(frozen=True, repr=False)
class Letter:
    """A notice that is due: all a writer needs.

    Attributes:
        name: of the person; empty for the support address.
        locale: the person's; None for the support address.
        session: the provider's id of the session it is about, if it is about one.
    """

    notice_id: UUID
    kind: Kind
    to: str
    name: str
    locale: str | None
    session: str | None


class SessionPending(Exception):
    """The session a notice promises is being created at this moment.

    Attributes:
        until: when to look again, UTC.
    """

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__()


def photos_are_ready(shoot: Shoot, *, outbox: Outbox, now: datetime) -> None:
    """Owe the person the news, in the caller's transaction; a shoot that started over has news again."""
    if outbox.sends_mail and shoot.copied_at is not None:
        _owe_person(Kind.READY, shoot, _run(shoot.copied_at), now)


def link_is_lost(shoot: Shoot, *, cause: str, outbox: Outbox, now: datetime) -> None:
    """Owe the person an explanation and the operators a task, in the caller's transaction."""
    if outbox.sends_mail:
        _owe_person(Kind.LINK_PROBLEM, shoot, cause, now)
        _owe_operators(Kind.LINK_LOST, f"{shoot.id}:{cause}", outbox, now, shoot=shoot)


def link_is_reported(shoot: Shoot, report_id: UUID, *, outbox: Outbox, now: datetime) -> None:
    """Owe the operators a task, in the caller's transaction: somebody says that their link is dead."""
    if outbox.sends_mail:
        _owe_operators(Kind.LINK_REPORTED, f"{shoot.id}:{report_id}", outbox, now, shoot=shoot)


def link_was_seen_to(shoot: Shoot, report_id: UUID, *, outbox: Outbox, now: datetime) -> None:
    """Owe whoever said that their link is dead an answer, in the caller's transaction."""
    if outbox.sends_mail:
        _owe_person(Kind.LINK_SEEN_TO, shoot, str(report_id), now)


def credits_are_back(shoot: Shoot, *, outbox: Outbox, now: datetime) -> None:
    """Owe somebody who was told there was no session the news, in the caller's transaction."""
    if outbox.sends_mail:
        _owe_person(Kind.CREDITS_BACK, shoot, f"attempt:{shoot.attempts}", now)


def credits_are_used_up(*, outbox: Outbox, now: datetime) -> None:
    """Owe the operators the news in the caller's transaction, once on each day (UTC)."""
    if outbox.sends_mail:
        _owe_operators(Kind.OUT_OF_CREDITS, now.date().isoformat(), outbox, now)


def sessions_are_stuck(*, outbox: Outbox, now: datetime) -> bool:
    """Owe the operators the news in the caller's transaction, at most once in an hour.

    Returns:
        Whether word goes out now; False also when there is nobody to send it to.
    """
    return outbox.sends_mail and _owe_operators(Kind.STUCK, f"{now.astimezone(UTC):%Y-%m-%dT%H}", outbox, now)


def _owe_person(kind: Kind, shoot: Shoot, occasion: str, now: datetime) -> None:
    person = people.find_person(shoot.person_id)
    if person is not None and person.deactivated_at is None:
        _owe(kind, f"{shoot.id}:{occasion}", now, person=person, shoot=shoot)


def _owe_operators(kind: Kind, occasion: str, outbox: Outbox, now: datetime, *, shoot: Shoot | None = None) -> bool:
    if outbox.has_support:
        return _owe(kind, occasion, now, shoot=shoot)
    owed = [_owe(kind, occasion, now, person=admin, shoot=shoot) for admin in people.list_active_with_role(Role.ADMIN)]
    return any(owed)


def _owe(kind: Kind, occasion: str, now: datetime, *, person: Person | None = None, shoot: Shoot | None = None) -> bool:
    """Owe one mail; whether it was not owed before."""
    notice_id = notifications.add(
        kind, occasion, person_id=person.id if person else None, shoot_id=shoot.id if shoot else None, now=now
    )
    if notice_id is not None:
        _queue(notice_id)
    return notice_id is not None


def _queue(notice_id: UUID) -> None:
    queue.defer(SEND_TASK, once=f"notice:{notice_id}", priority=PRIORITY, notice_id=str(notice_id))


def pick_up(*, before: datetime) -> None:
    """Queue every notice that is still owed since before this moment; one that waits already is not doubled."""
    with transaction():
        for notice_id in notifications.waiting(before):
            _queue(notice_id)


def send(
    notice_id: UUID,
    *,
    mailer: Mailer | None,
    support: str | None,
    write: Callable[[Letter], Message],
    clock: Callable[[], datetime],
) -> None:
    """Send one notice unless it was sent, or what it says is no longer true.

    Args:
        notice_id: whose job this is.
        mailer: None when mail was switched off since; the notice is dropped.
        support: where mails without a person go.
        write: turns a letter into words.
        clock: the present, UTC.

    Raises:
        MailUnavailable: not now; it stays owed.
        SessionPending: it would promise something that is being made at this moment.
    """
    letter = _take(notice_id, support, clock())
    if letter is None:
        return
    if mailer is None:
        drop(notice_id, reason="mail_switched_off", now=clock())
        return
    try:
        mailer.send(write(letter))
    except MailRefused as error:
        drop(notice_id, reason=f"refused:{error.cause}", now=clock())
        return
    except MailDeferred as error:
        if not _waited_long(notice_id, clock()):
            raise
        drop(notice_id, reason=f"deferred:{error.cause}", now=clock())
        return
    with transaction():
        notice = notifications.lock(notice_id)
        if notice is not None:
            notice.sent_at = clock()
            audit.add("mail.sent", at=clock(), subject_id=notice.person_id, kind=notice.kind)


def drop(notice_id: UUID, *, reason: str, now: datetime) -> None:
    """Stop trying, and keep why."""
    with transaction():
        notice = notifications.lock(notice_id)
        if notice is not None:
            _drop(notice, reason, now)


def _drop(notice: Notice, reason: str, now: datetime) -> None:
    if notice.sent_at is not None or notice.dropped_at is not None:
        return
    notice.dropped_at = now
    notice.reason = reason
    audit.add("mail.dropped", at=now, subject_id=notice.person_id, result="dropped", kind=notice.kind, reason=reason)
    log.warning("mail.dropped", extra={"notification": str(notice.id), "kind": notice.kind, "reason": reason})


def _take(notice_id: UUID, support: str | None, now: datetime) -> Letter | None:
    """Read what is due; nothing is held while the mail server is spoken to."""
    with transaction():
        notice = notifications.lock(notice_id)
        letter = None
        if notice is not None and notice.sent_at is None and notice.dropped_at is None:
            letter = _address(notice, support, now)
    release()
    return letter


def _address(notice: Notice, support: str | None, now: datetime) -> Letter | None:
    kind = Kind(notice.kind)
    shoot = shoots.find_by_id(notice.shoot_id) if notice.shoot_id else None
    if shoot is not None and not _is_still_true(kind, notice, shoot, now):
        _drop(notice, "no_longer_true", now)
        return None
    session = shoot.provider_id if shoot else None
    if notice.person_id is None:
        if support is None:
            _drop(notice, "no_support_address", now)
            return None
        return Letter(notice.id, kind, support, "", None, session)
    person = people.find_person(notice.person_id)
    if person is None or person.deactivated_at is not None:
        _drop(notice, "person_deactivated", now)
        return None
    return Letter(notice.id, kind, person.email, person.name, person.locale, session)


def _is_still_true(kind: Kind, notice: Notice, shoot: Shoot, now: datetime) -> bool:
    """Whether a mail that may have waited for days still says how things are."""
    if shoot.closed_at is not None:
        return False
    if kind is Kind.READY:
        return shoot.copied_at is not None and notice.occasion == f"{shoot.id}:{_run(shoot.copied_at)}"
    if kind in {Kind.LINK_PROBLEM, Kind.LINK_LOST}:
        has_no_link = shoot.provider_status == ONBOARDING and shoot.signed_url is None
        return has_no_link or shoot.problem == Problem.LINK_LOST
    if kind in {Kind.LINK_REPORTED, Kind.LINK_SEEN_TO}:
        return shoot.provider_status == ONBOARDING and shoot.signed_url is not None
    if kind is Kind.CREDITS_BACK and shoot.provider_id is None and shoot.problem is None:
        raise SessionPending(now + SESSION_PAUSE)
    return shoot.problem is None


def _run(copied_at: datetime) -> str:
    """Name one run of a shoot, whatever time zone the database answers in."""
    return copied_at.astimezone(UTC).isoformat()


def _waited_long(notice_id: UUID, now: datetime) -> bool:
    with transaction():
        notice = notifications.lock(notice_id)
        return notice is None or now - notice.created_at > GIVE_UP_AFTER
