"""The console's list: one row a person, or roster entry without a sign-in, with the facts of their stage.

Database triggers keep it (portal/migrations/sql); nothing here writes to it. Generated columns hold the stage and what
else follows from the facts alone. What depends on the clock or on the present consent text is computed from them in a
statement, in :mod:`portal.models.stage_expressions`.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Computed,
    Date,
    ForeignKey,
    Index,
    Integer,
    Text,
    and_,
    false,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db

# As the migration writes them; Alembic compares the two.
_FACTS = (
    "person_id, shoot_id, provider_status, problem, has_link, requested_at, copied_at, withdrawn_at, chosen_at, "
    "is_choice_of_shoot"
)
_STAGE = f"derive_listed_stage(agreed_versions <> '{{}}'::text[], {_FACTS})"
_WITHOUT_CONSENT = f"derive_listed_stage(false, {_FACTS})"
_OTHER_TEAMS = "NULLIF(array_remove(teams, team), '{}'::text[])"
_WAITING_SINCE = f"derive_waiting_since({_STAGE}, copied_at, status_since, requested_at, signed_in_at)"
_IS_UNFINISHED = "is_listed_unfinished(requested_at, closed_at, copied_at, problem)"
_UNFINISHED_STATUS = (
    f"CASE WHEN {_IS_UNFINISHED} THEN \"left\"(COALESCE(provider_status, ''::text), 40) ELSE NULL::text END"
)
_UNFINISHED_SINCE = (
    f"CASE WHEN {_IS_UNFINISHED} THEN COALESCE(status_since, requested_at) ELSE NULL::timestamp with time zone END"
)
_LATE_AT = f"derive_late_at({_STAGE}, {_WAITING_SINCE}, {_UNFINISHED_STATUS}, {_UNFINISHED_SINCE}, due_on)"
_STAGE_SINCE = (
    f"derive_stage_since({_STAGE}, invited_at, signed_in_at, agreed_at, withdrawn_at, requested_at, status_since, "
    "copied_at, chosen_at)"
)


class ListedPerson(Base):
    """One row of the list.

    Attributes:
        id: the person's id; the roster entry's until the first sign-in.
        entry_id: their roster entry, None for a person who is on no roster.
        sort_name: the name's search terms, for sorting.
        team: the roster's team.
        teams: the identity provider's groups, of which one may be the roster's team; ``other_teams`` holds those that
            are not, None without any.
        reminder_count: reminders sent so far, the last at ``reminded_at``.
        bounced_at: when the mail server refused the address.
        left_at: when they left, according to the roster.
        withdrawn_at: when the last of all consents was withdrawn; None while one is active or without any.
        agreed_versions: versions of the policy with a standing consent; ``agreed_at`` is the newest of them.
        chosen_at: when the current choice was made; ``is_choice_of_shoot`` whether its photo is of the latest shoot.
        signed_in_on: the UTC day of ``signed_in_at``; ``chosen_on`` that of ``chosen_at``.
        moved_at: the last of their first sign-in, agreement, withdrawal, request, status, photos and choice.
        stage: the stage, given that one of ``agreed_versions`` is the present one; if none is, it is
            ``stage_without_consent``, where that is not NULL. ``stage_versions`` are the versions then to compare.
        stage_since: when the row came to ``stage``, None for an entry that was never invited.
        reason: why the row needs attention, as far as that does not depend on the clock.
        waiting_since: since when the next step is the person's, to choose or to send photos.
        unfinished_status: status of a shoot that can be stuck in it, "" before the session is created;
            ``unfinished_since`` is when it came to it.
        is_invited: part of the funnel: invited, or signed in without an invitation.
        late_at: from when on time alone may have given the row an attention, or have made it overdue; None for never.
    """

    __tablename__ = "listed_people"
    __table_args__ = (
        Index("ix_listed_people_sort_name_id", "sort_name", "id"),
        Index("ix_listed_people_other_teams", "other_teams", postgresql_using="gin"),
        Index("ix_listed_people_team", "team"),
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
    other_teams: Mapped[list[str] | None] = mapped_column(ARRAY(Text), Computed(_OTHER_TEAMS), deferred=True)
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
    signed_in_on: Mapped[date | None] = mapped_column(
        Date, Computed("date(timezone('UTC', signed_in_at))"), deferred=True
    )
    chosen_on: Mapped[date | None] = mapped_column(Date, Computed("date(timezone('UTC', chosen_at))"), deferred=True)
    moved_at: Mapped[datetime | None] = mapped_column(
        Computed("GREATEST(signed_in_at, agreed_at, withdrawn_at, requested_at, status_since, copied_at, chosen_at)"),
        deferred=True,
    )
    stage: Mapped[str | None] = mapped_column(Text, Computed(_STAGE), deferred=True)
    stage_without_consent: Mapped[str | None] = mapped_column(Text, Computed(f"NULLIF({_WITHOUT_CONSENT}, {_STAGE})"))
    stage_versions: Mapped[list[str] | None] = mapped_column(
        ARRAY(Text),
        Computed(f"CASE WHEN {_WITHOUT_CONSENT} <> {_STAGE} THEN agreed_versions ELSE NULL::text[] END"),
    )
    reason: Mapped[str | None] = mapped_column(
        Text,
        Computed(f"derive_listed_reason({_STAGE}, provider_status, problem, closed_at, link_reported_at, bounced_at)"),
    )
    waiting_since: Mapped[datetime | None] = mapped_column(Computed(_WAITING_SINCE))
    unfinished_status: Mapped[str | None] = mapped_column(Text, Computed(_UNFINISHED_STATUS))
    unfinished_since: Mapped[datetime | None] = mapped_column(Computed(_UNFINISHED_SINCE))
    is_invited: Mapped[bool] = mapped_column(
        Boolean, Computed("invited_at IS NOT NULL OR person_id IS NOT NULL"), nullable=True, deferred=True
    )
    late_at: Mapped[datetime | None] = mapped_column(Computed(_LATE_AT), deferred=True)
    stage_since: Mapped[datetime | None] = mapped_column(Computed(_STAGE_SINCE), deferred=True)


# Stand for none in an order. Python has no value for PostgreSQL's "infinity", which the next page starts after.
LATEST: ColumnElement[datetime] = literal_column("'9999-01-01 00:00:00+00'::timestamptz")
LAST_DAY: ColumnElement[date] = literal_column("'9999-01-01'::date")
NO_TEAM: ColumnElement[str] = literal_column("''::text")

_IS_ACTIVE = and_(ListedPerson.left_at.is_(None), ListedPerson.deactivated_at.is_(None))
# What follows from the facts is counted in the order of this index.
Index(
    "ix_listed_people_counted",
    ListedPerson.stage,
    ListedPerson.stage_without_consent,
    ListedPerson.stage_versions,
    ListedPerson.reason,
    ListedPerson.is_invited,
    ListedPerson.team,
    postgresql_include=["late_at"],
    postgresql_where=_IS_ACTIVE,
)
# All that a count reads of those whom the clock may have changed.
Index(
    "ix_listed_people_late_at",
    ListedPerson.late_at,
    postgresql_include=[
        "stage",
        "stage_without_consent",
        "stage_versions",
        "reason",
        "is_invited",
        "team",
        "waiting_since",
        "unfinished_status",
        "unfinished_since",
        "due_on",
    ],
    postgresql_where=_IS_ACTIVE,
)
# The orders of the list, in which nothing is NULL.
for _name, _key in (
    ("stage_since", func.coalesce(ListedPerson.stage_since, LATEST)),
    ("team_order", func.coalesce(ListedPerson.team, NO_TEAM)),
    ("due_on", func.coalesce(ListedPerson.due_on, LAST_DAY)),
    ("reminder_count", ListedPerson.reminder_count),
):
    Index(f"ix_listed_people_{_name}", _key, ListedPerson.sort_name, ListedPerson.id)
# Those of whom it depends on the consent text whether they are in their stage or before it.
Index(
    "ix_listed_people_without_consent",
    ListedPerson.signed_in_at,
    ListedPerson.sort_name,
    ListedPerson.id,
    postgresql_where=ListedPerson.stage_without_consent.is_not(None),
)
# People with the same day share an entry, so these are small.
Index("ix_listed_people_signed_in_on", ListedPerson.signed_in_on, postgresql_where=_IS_ACTIVE)
Index("ix_listed_people_chosen_on", ListedPerson.chosen_on, postgresql_where=_IS_ACTIVE)
# Its end is the last move of all.
Index("ix_listed_people_moved_at", ListedPerson.moved_at, postgresql_where=_IS_ACTIVE)


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
