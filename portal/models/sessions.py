"""Sign-ins as rows: the cookie holds an opaque token, this table its hash and everything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.people import Person

# What is old goes a few rows at a time, so that nobody's sign-in waits for a great clean-up.
_PRUNED_AT_ONCE = 200


class Session(Base):
    """One browser's session, signed in or not yet.

    ``public_id`` names it on pages and in forms, where the token and its hash never appear. ``confirmed_at``
    is when the identity provider last said in this browser what the person may do; None counts for nothing.
    """

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime]
    active_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    issuer: Mapped[str | None]
    sid: Mapped[str | None] = mapped_column(index=True)
    id_token: Mapped[bytes | None]
    user_agent: Mapped[str | None]
    public_id: Mapped[UUID] = mapped_column(unique=True, default=uuid4, server_default=func.gen_random_uuid())
    confirmed_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """A sign-in that was sent to the identity provider and has not come back; used once, then gone.

    ``session_id`` names the session that is to be confirmed, None when a new one is to begin.
    """

    __tablename__ = "sign_in_attempts"

    state_hash: Mapped[bytes] = mapped_column(primary_key=True)
    browser_hash: Mapped[bytes]
    nonce: Mapped[str]
    verifier: Mapped[bytes]
    return_to: Mapped[str | None]
    silent: Mapped[bool] = mapped_column(default=False)
    max_age: Mapped[int | None]
    session_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class LogoutOrder(Base):
    """An order of the identity provider to end sessions that was carried out, so that it works only once."""

    __tablename__ = "logout_orders"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


def with_person(token_hash: bytes) -> tuple[Session, Person | None] | None:
    """Return the session of a cookie and whose it is, in one query."""
    found = db.session.execute(
        select(Session, Person)
        .outerjoin(Person, Person.id == Session.person_id)
        .where(Session.token_hash == token_hash)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def of_person(person_id: UUID) -> Sequence[Session]:
    """Return a person's sessions, the latest used first."""
    return db.session.scalars(
        select(Session).where(Session.person_id == person_id).order_by(Session.active_at.desc())
    ).all()


def touch(token_hash: bytes, now: datetime) -> None:
    """Note that the session was used."""
    db.session.execute(update(Session).where(Session.token_hash == token_hash).values(active_at=now))


def write_data(token_hash: bytes, data: dict[str, Any]) -> None:
    """Replace what the session holds."""
    db.session.execute(update(Session).where(Session.token_hash == token_hash).values(data=data))


def end(token_hash: bytes) -> None:
    """Delete one session; the cookie that named it is worth nothing from now on."""
    db.session.execute(delete(Session).where(Session.token_hash == token_hash))


def end_of_person(person_id: UUID, *, but: bytes | None = None) -> int:
    """Delete a person's sessions, except the one named ``but``; return how many there were."""
    query = delete(Session).where(Session.person_id == person_id).returning(Session.token_hash)
    if but is not None:
        query = query.where(Session.token_hash != but)
    return len(db.session.scalars(query).all())


def end_named(public_id: UUID, person_id: UUID) -> bool:
    """Delete one of a person's sessions by its public name; return whether it was there."""
    query = delete(Session).where(Session.public_id == public_id, Session.person_id == person_id)
    return db.session.scalar(query.returning(Session.public_id)) is not None


def rotate(
    public_id: UUID,
    *,
    person_id: UUID,
    issuer: str,
    old_hash: bytes,
    new_hash: bytes,
    sid: str | None,
    id_token: bytes | None,
    now: datetime,
) -> bool:
    """Put a confirmed session under a fresh token; return False when it is not there, or not this person's.

    How long it lasts at most and what it holds stay as they are.
    """
    query = (
        update(Session)
        .where(Session.public_id == public_id, Session.person_id == person_id, Session.token_hash == old_hash)
        .values(token_hash=new_hash, issuer=issuer, sid=sid, id_token=id_token, active_at=now, confirmed_at=now)
        .returning(Session.public_id)
        .execution_options(synchronize_session=False)
    )
    return db.session.scalar(query) is not None


def confirmed_at(public_id: UUID) -> datetime | None:
    """Return when a session was last confirmed, None when it was not or is gone."""
    return db.session.scalar(select(Session.confirmed_at).where(Session.public_id == public_id))


def doubt_of_person(person_id: UUID) -> None:
    """Let none of a person's sessions count as confirmed."""
    query = update(Session).where(Session.person_id == person_id).values(confirmed_at=None)
    db.session.execute(query.execution_options(synchronize_session=False))


def end_of_identity(issuer: str, *, subject: str | None, sid: str | None) -> list[UUID]:
    """Delete the sessions an order to sign out means, in one statement; return whose each of them was.

    Args:
        issuer: who orders it.
        subject: the person meant, None when only ``sid`` says.
        sid: the one sign-in meant, None for all of the person's.
    """
    query = delete(Session).where(Session.issuer == issuer, Session.person_id.is_not(None))
    if sid is not None:
        query = query.where(Session.sid == sid)
    if subject is not None:
        meant = select(Person.id).where(Person.issuer == issuer, Person.subject == subject)
        query = query.where(Session.person_id.in_(meant))
    if sid is None and subject is None:
        return []
    owners = db.session.scalars(query.returning(Session.person_id))
    return [owner for owner in owners if owner is not None]


def take_attempt(state_hash: bytes, browser_hash: bytes) -> SignInAttempt | None:
    """Remove and return the attempt this browser began with this state."""
    return db.session.scalar(
        delete(SignInAttempt)
        .where(SignInAttempt.state_hash == state_hash, SignInAttempt.browser_hash == browser_hash)
        .returning(SignInAttempt)
    )


def take_order(digest: bytes, now: datetime) -> bool:
    """Note an order to sign out; return False when it was carried out before."""
    query = insert(LogoutOrder).values(digest=digest, seen_at=now).on_conflict_do_nothing()
    return db.session.scalar(query.returning(LogoutOrder.digest)) is not None


def prune(now: datetime, *, attempts_before: datetime, orders_before: datetime) -> int:
    """Delete some of what is over: sessions, attempts and orders; return how many, 0 when nothing is."""
    deleted = 0
    for key, is_over in (
        (Session.token_hash, Session.expires_at <= now),
        (SignInAttempt.state_hash, SignInAttempt.created_at < attempts_before),
        (LogoutOrder.digest, LogoutOrder.seen_at < orders_before),
    ):
        over = select(key).where(is_over).limit(_PRUNED_AT_ONCE).with_for_update(skip_locked=True)
        gone = delete(key.class_).where(key.in_(over)).returning(key).execution_options(synchronize_session=False)
        deleted += len(db.session.scalars(gone).all())
    return deleted
