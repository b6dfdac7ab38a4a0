"""Sign-ins as rows: the cookie holds an opaque token, this table its hash and everything else."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class Session(Base):
    """One browser's session, signed in or not yet."""

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


class SignInAttempt(Base):
    """A sign-in that was sent to the identity provider and has not come back; used once, then gone."""

    __tablename__ = "sign_in_attempts"

    state_hash: Mapped[bytes] = mapped_column(primary_key=True)
    browser_hash: Mapped[bytes]
    nonce: Mapped[str]
    verifier: Mapped[bytes]
    return_to: Mapped[str | None]
    silent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(index=True)
