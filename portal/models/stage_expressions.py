"""Stage, since when, and attention as SQL over the facts of the console's list.

The database stores what follows from the facts alone (portal/migrations/sql/0042_listed_stage.sql); the clock and the
present consent text are added here. A property test holds the stage equal to
:func:`portal.domain.stages.derive_stage`, and the attention to its definition.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, case, join, literal, literal_column, null, or_, select, true

from portal.domain import stages
from portal.domain.attention import NO_CHOICE_AFTER, NO_UPLOAD_AFTER, Attention
from portal.domain.stages import Stage
from portal.models.listed_people import ListedPerson as Row
from portal.models.text_versions import select_policy_version

# One row beside every row of the list. OFFSET 0 keeps the planner from reading the version anew at each place that
# names the stage.
POLICY = select(select_policy_version().label("version")).offset(literal_column("0")).subquery("policy")
STAGED_PEOPLE = join(POLICY, Row, true())


def build_is_in_stored_stage(row: type[Row] = Row) -> ColumnElement[bool]:
    """Return whether a row is in its stored stage: it needs no consent to the present text, or has it.

    A statement that names it, the stage, or since when, selects from :data:`STAGED_PEOPLE`, or joins :data:`POLICY`.
    """
    return or_(row.stage_without_consent.is_(None), POLICY.c.version == any_(row.stage_versions))


def build_stage(row: type[Row] = Row) -> ColumnElement[str]:
    """Return the stage of a row; :data:`~portal.domain.funnel.NOT_SIGNED_IN` for a roster entry without a person."""
    return case((build_is_in_stored_stage(row), row.stage), else_=row.stage_without_consent)


def build_since() -> ColumnElement[datetime]:
    """Return when a row came to its stage, according to the records; invited people when they were invited."""
    # Without consent to the present text, they are where they were when they first signed in.
    return case((build_is_in_stored_stage(), Row.stage_since), else_=Row.signed_in_at)


def build_is_stuck(now: datetime) -> ColumnElement[bool]:
    """Return whether an unfinished shoot has been in its status longer than usual, as ``stages.is_stuck`` does."""
    status, since = Row.unfinished_status, Row.unfinished_since
    limits = {"": stages.MAX_CREATION, **stages.MAX_DURATIONS}
    return and_(
        since < now - min(*limits.values(), stages.MAX_PROCESSING),
        or_(
            *(and_(status == each, since < now - limit) for each, limit in limits.items()),
            and_(status.not_in((*limits, stages.DELETED)), since < now - stages.MAX_PROCESSING),
        ),
    )


def build_is_active() -> ColumnElement[bool]:
    """Return whether a row counts: neither left nor deactivated."""
    return and_(Row.left_at.is_(None), Row.deactivated_at.is_(None))


def build_is_overdue(stage: ColumnElement[str], now: datetime) -> ColumnElement[bool]:
    """Return whether the due date has passed without a choice."""
    return and_(Row.due_on < now.date(), stage != Stage.CHOSEN)


def build_attention(stage: ColumnElement[str], now: datetime) -> ColumnElement[str]:
    """Return the first :class:`Attention` that applies to a row, NULL when none does or the row is not active."""
    return case((build_is_active(), build_attention_if_active(stage, now)), else_=null())


def build_reason(stage: ColumnElement[str], row: type[Row] = Row) -> ColumnElement[str]:
    """Return the :class:`Attention` that follows from the facts and the consent text, NULL when none does."""
    return case(*_list_reasons(stage, row), else_=null())


def build_attention_if_active(stage: ColumnElement[str], now: datetime) -> ColumnElement[str]:
    """Return the first :class:`Attention` that applies to a row known to be active, NULL when none does.

    Whether a row can have one by the clock is also stored, as ``late_at``.
    """
    conditions = {
        Attention.NO_CHOICE: and_(stage == Stage.READY, Row.waiting_since < now - NO_CHOICE_AFTER),
        Attention.NO_UPLOAD: and_(stage == Stage.IN_STUDIO, Row.waiting_since < now - NO_UPLOAD_AFTER),
        Attention.STUCK: build_is_stuck(now),
        Attention.OVERDUE: build_is_overdue(stage, now),
    }
    whens = [(condition, literal(attention.value)) for attention, condition in conditions.items()]
    return case(*_list_reasons(stage, Row), *whens, else_=null())


def _list_reasons(stage: ColumnElement[str], row: type[Row]) -> list[tuple[ColumnElement[bool], Any]]:
    # A problem without a reason: the studio link is missing.
    is_link_dead = stage == Stage.PROBLEM
    return [(row.reason.is_not(None), row.reason), (is_link_dead, literal(Attention.LINK_DEAD.value))]
