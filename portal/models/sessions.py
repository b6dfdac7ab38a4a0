"""The tables of sessions, started sign-ins and used logout tokens."""

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

# Expired rows are deleted in small batches, so that no sign-in waits for a large one.
_PRUNED_AT_ONCE = 200


class Session(Base):
    """One browser's session, signed in or not.

    ``public_id`` names it on pages and in forms, where the token and its hash never appear. ``confirmed_at``
    is when the identity provider last confirmed the person's rights in this browser; None if never.
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
    """A sign-in that was started and has not returned from the identity provider; single use.

    ``session_id`` is the session to confirm, None to create a new one.
    """

    __tablename__ = "sign_in_attempts"

    state_hash: Mapped[bytes] = mapped_column(primary_key=True)
    browser_hash: Mapped[bytes]
    nonce: Mapped[str]
    verifier: Mapped[bytes]
    return_to: Mapped[str | None]
    silent: Mapped[bool] = mapped_column(default=False)
    prompt: Mapped[str | None]
    max_age: Mapped[int | None]
    session_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class LogoutOrder(Base):
    """A back-channel logout token that was applied (digest of issuer and ``jti``), to refuse a replay."""

    __tablename__ = "logout_orders"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


def find_with_person(token_hash: bytes) -> tuple[Session, Person | None] | None:
    """Return the session with this token hash and its person, in one query; None if there is none."""
    found = db.session.execute(
        select(Session, Person)
        .outerjoin(Person, Person.id == Session.person_id)
        .where(Session.token_hash == token_hash)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def list_of_person(person_id: UUID) -> Sequence[Session]:
    """List a person's sessions, the most recently used first."""
    return db.session.scalars(
        select(Session).where(Session.person_id == person_id).order_by(Session.active_at.desc())
    ).all()


def update_active_at(token_hash: bytes, now: datetime) -> None:
    """Set when the session was last used."""
    db.session.execute(update(Session).where(Session.token_hash == token_hash).values(active_at=now))


def update_data(token_hash: bytes, data: dict[str, Any]) -> None:
    """Replace the session's data."""
    db.session.execute(update(Session).where(Session.token_hash == token_hash).values(data=data))


def delete_session(token_hash: bytes) -> None:
    """Delete one session by its token hash."""
    db.session.execute(delete(Session).where(Session.token_hash == token_hash))


def delete_of_person(person_id: UUID, *, but: bytes | None = None) -> int:
    """Delete a person's sessions except the one with token hash ``but``; return how many were deleted."""
    query = delete(Session).where(Session.person_id == person_id).returning(Session.token_hash)
    if but is not None:
        query = query.where(Session.token_hash != but)
    return len(db.session.scalars(query).all())


def delete_by_public_id(public_id: UUID, person_id: UUID) -> bool:
    """Delete one of a person's sessions by its public id; return whether it existed."""
    query = delete(Session).where(Session.public_id == public_id, Session.person_id == person_id)
    return db.session.scalar(query.returning(Session.public_id)) is not None


def rotate_token(
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
    """Give a confirmed session a new token; return False if it does not exist or is another person's.

    Its absolute expiry and its data stay as they are.
    """
    query = (
        update(Session)
        .where(Session.public_id == public_id, Session.person_id == person_id, Session.token_hash == old_hash)
        .values(token_hash=new_hash, issuer=issuer, sid=sid, id_token=id_token, active_at=now, confirmed_at=now)
        .returning(Session.public_id)
        .execution_options(synchronize_session=False)
    )
    return db.session.scalar(query) is not None


def find_confirmed_at(public_id: UUID) -> datetime | None:
    """Return when a session was last confirmed, None if never or if it does not exist."""
    return db.session.scalar(select(Session.confirmed_at).where(Session.public_id == public_id))


def clear_confirmations(person_id: UUID) -> None:
    """Mark all of a person's sessions as not confirmed."""
    query = update(Session).where(Session.person_id == person_id).values(confirmed_at=None)
    db.session.execute(query.execution_options(synchronize_session=False))


def delete_of_identity(issuer: str, *, subject: str | None, sid: str | None) -> list[UUID]:
    """Delete the sessions that a logout token names, in one statement; return the person id of each.

    Args:
        issuer: issuer of the logout token.
        subject: its ``sub``, None if it has only ``sid``.
        sid: its ``sid``, None for all sessions of the subject.
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


def delete_attempt(state_hash: bytes, browser_hash: bytes) -> SignInAttempt | None:
    """Delete and return the attempt with this state and browser, None if there is none."""
    return db.session.scalar(
        delete(SignInAttempt)
        .where(SignInAttempt.state_hash == state_hash, SignInAttempt.browser_hash == browser_hash)
        .returning(SignInAttempt)
    )


def store_logout_order(digest: bytes, now: datetime) -> bool:
    """Store the digest of a logout token; return False if it was stored before."""
    query = insert(LogoutOrder).values(digest=digest, seen_at=now).on_conflict_do_nothing()
    return db.session.scalar(query.returning(LogoutOrder.digest)) is not None


def delete_expired(now: datetime, *, attempts_before: datetime, orders_before: datetime) -> int:
    """Delete a batch of expired sessions, attempts and logout orders; return how many, 0 when done."""
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
