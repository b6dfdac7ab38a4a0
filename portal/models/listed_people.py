"""The console's list: one row a person, or roster entry without a sign-in, with the facts of their stage.

Database triggers keep it (portal/migrations/sql); nothing here writes to it. What depends on the clock or on the
present consent text is computed from these facts, in :mod:`portal.models.stage_expressions`.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, Text, false, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class ListedPerson(Base):
    """One row of the list.

    Attributes:
        id: the person's id; the roster entry's until the first sign-in.
        entry_id: their roster entry, None for a person who is on no roster.
        sort_name: the name's search terms, for sorting.
        team: the roster's team; ``teams`` holds it and the identity provider's groups.
        reminder_count: reminders sent so far, the last at ``reminded_at``.
        bounced_at: when the mail server refused the address.
        left_at: when they left, according to the roster.
        withdrawn_at: when the last of all consents was withdrawn; None while one is active or without any.
        agreed_versions: versions of the policy with a standing consent; ``agreed_at`` is the newest of them.
        chosen_at: when the current choice was made; ``is_choice_of_shoot`` whether its photo is of the latest shoot.
    """

    __tablename__ = "listed_people"
    __table_args__ = (
        Index("ix_listed_people_sort_name_id", "sort_name", "id"),
        Index("ix_listed_people_teams", "teams", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    entry_id: Mapped[UUID | None]
    name: Mapped[str]
    sort_name: Mapped[str] = mapped_column(Text(collation="C"))
    email: Mapped[str]
    employee_number: Mapped[str | None]
    team: Mapped[str | None]
    teams: Mapped[list[str]] = mapped_column(ARRAY(Text))
    role: Mapped[str | None]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    campaign_id: Mapped[UUID | None]
    due_on: Mapped[date | None] = mapped_column(Date)
    invited_at: Mapped[datetime | None]
    reminder_count: Mapped[int] = mapped_column(Integer, server_default="0")
    reminded_at: Mapped[datetime | None]
    muted_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    agreed_versions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    agreed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    shoot_id: Mapped[UUID | None]
    provider_status: Mapped[str | None]
    status_since: Mapped[datetime | None]
    has_link: Mapped[bool] = mapped_column(Boolean, server_default=false())
    problem: Mapped[str | None]
    requested_at: Mapped[datetime | None]
    copied_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    link_reported_at: Mapped[datetime | None]
    chosen_at: Mapped[datetime | None]
    is_choice_of_shoot: Mapped[bool] = mapped_column(Boolean, server_default=false())
    terms: Mapped[list[str]] = mapped_column(ARRAY(Text))


class SearchTerm(Base):
    """One term by which a listed person is found; see ``split_search_terms`` in the database."""

    __tablename__ = "search_terms"

    term: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    listed_id: Mapped[UUID] = mapped_column(
        ForeignKey("listed_people.id", ondelete="CASCADE"), primary_key=True, index=True
    )


def split_search(text: str) -> list[str]:
    """Return the terms of a search, normalized as the terms that are searched."""
    return list(db.session.scalar(select(func.split_search_terms(text))) or ())
