"""Campaigns: who is invited to a photo session, with which message, until when, and how they are reminded."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, exists, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.roster import RosterEntry

_LINK_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Campaign(Base):
    """One campaign. Its people are the roster entries with its id.

    Attributes:
        state: ``draft``, ``running``, ``paused`` or ``ended``.
        audience: who is invited when it starts, see ``portal/domain/audiences.py``.
        message: text of the organizer in the invitation, empty for none.
        reminders: the plan, see ``portal/domain/reminder_plan.py``.
        starts_at: scheduled start of a draft, None for none.
        link_code: code of the open link, None without one.
        link_domains: address domains that may use the open link; empty for all that may sign in.
        link_cap: how many people may join by the open link, None for no limit.
        link_expires_at: when the open link stops working, None for the campaign's end.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        Index("uq_campaigns_link_code", "link_code", unique=True, postgresql_where=text("link_code IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    audience: Mapped[dict[str, Any]] = mapped_column(JSONB)
    message: Mapped[str] = mapped_column(default="", server_default="")
    due_on: Mapped[date | None]
    reminders: Mapped[dict[str, Any]] = mapped_column(JSONB)
    starts_at: Mapped[datetime | None]
    link_code: Mapped[str | None]
    link_domains: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")
    link_cap: Mapped[int | None]
    link_expires_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    started_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


def find_campaign(campaign_id: UUID) -> Campaign | None:
    """Return a campaign, None if there is none."""
    return db.session.get(Campaign, campaign_id)


def lock_campaign(campaign_id: UUID) -> Campaign | None:
    """Return a campaign freshly read, holding other writers until the transaction ends."""
    query = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def find_by_link_code(code: str) -> Campaign | None:
    """Return the campaign with this open link, None if there is none; any text may be requested."""
    if not _LINK_CODE.fullmatch(code):
        return None
    return db.session.scalar(select(Campaign).where(Campaign.link_code == code))


def has_roster_and_campaign() -> tuple[bool, bool]:
    """Return whether the roster has an entry, and whether there is any campaign, also a draft or one that ended."""
    query = select(exists().where(RosterEntry.id.is_not(None)), exists().where(Campaign.id.is_not(None)))
    has_roster, has_campaign = db.session.execute(query).one()
    return has_roster, has_campaign


def list_running(limit: int) -> list[Campaign]:
    """List the running campaigns, the one that is due first at the start."""
    query = (
        select(Campaign).where(Campaign.state == "running").order_by(Campaign.due_on.asc().nulls_last(), Campaign.id)
    )
    return list(db.session.scalars(query.limit(limit)))


def list_campaigns() -> list[Campaign]:
    """List all campaigns, the newest first."""
    return list(db.session.scalars(select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id)))
