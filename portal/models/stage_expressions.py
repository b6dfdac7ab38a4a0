"""Stage, since when, and attention as SQL over the facts of the console's list.

A property test holds the stage equal to :func:`portal.domain.stages.derive_stage`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, any_, case, func, join, literal, literal_column, null, or_, select, true

from portal.domain import stages
from portal.domain.attention import NO_CHOICE_AFTER, NO_UPLOAD_AFTER, Attention
from portal.domain.funnel import NOT_SIGNED_IN
from portal.domain.stages import Problem, Stage
from portal.models.listed_people import ListedPerson as Row
from portal.models.text_versions import select_policy_version

_STUDIO_WORKS = (Stage.PHOTOS_RECEIVED, Stage.IN_PROGRESS, Stage.READY)


def build_stage() -> ColumnElement[str]:
    """Return the stage of a row; :data:`NOT_SIGNED_IN` for a roster entry without a person.

    A statement that names it selects from :data:`STAGED_PEOPLE`, or joins :data:`STAGES`.
    """
    return STAGES.c.stage


def _build_stage() -> ColumnElement[str]:
    stage = _build_shoot_stage()
    has_choice = _build_has_choice()
    has_other_choice = and_(
        Row.chosen_at.is_not(None),
        ~Row.is_choice_of_shoot,
        or_(Row.requested_at.is_(None), Row.chosen_at >= Row.requested_at),
    )
    return case(
        (Row.withdrawn_at.is_not(None), _choose(or_(has_choice, has_other_choice), Stage.CHOSEN, Stage.WITHDRAWN)),
        (and_(has_other_choice, stage.not_in(_STUDIO_WORKS)), literal(Stage.CHOSEN.value)),
        else_=stage,
    )


def _build_has_choice() -> ColumnElement[bool]:
    return and_(
        Row.chosen_at.is_not(None),
        or_(Row.is_choice_of_shoot, and_(Row.copied_at.is_not(None), Row.chosen_at >= Row.copied_at)),
    )


def _build_shoot_stage() -> ColumnElement[str]:
    has_consent = select_policy_version() == any_(Row.agreed_versions)
    status = Row.provider_status
    return case(
        (Row.person_id.is_(None), literal(NOT_SIGNED_IN)),
        (Row.shoot_id.is_(None), _choose(has_consent, Stage.CONSENT_GIVEN, Stage.NOT_STARTED)),
        (status == stages.DELETED, literal(Stage.DELETED.value)),
        (Row.problem.is_not(None), literal(Stage.PROBLEM.value)),
        (and_(func.coalesce(status, stages.ONBOARDING) == stages.ONBOARDING, ~has_consent), literal("not_started")),
        (status.is_(None), literal(Stage.CONSENT_GIVEN.value)),
        (status == stages.ONBOARDING, _choose(Row.has_link.is_(True), Stage.IN_STUDIO, Stage.PROBLEM)),
        (status == stages.WAITING, literal(Stage.PHOTOS_RECEIVED.value)),
        (
            and_(status == stages.ACTIVE, Row.copied_at.is_not(None)),
            _choose(_build_has_choice(), Stage.CHOSEN, Stage.READY),
        ),
        else_=literal(Stage.IN_PROGRESS.value),
    )


def _choose(condition: ColumnElement[bool], yes: Stage, no: Stage) -> ColumnElement[str]:
    return case((condition, literal(yes.value)), else_=literal(no.value))


def build_since(stage: ColumnElement[str]) -> ColumnElement[datetime]:
    """Return when a row reached_at to its stage, according to the records; invited people when they were invited."""
    moved = func.coalesce(Row.status_since, Row.requested_at)
    reached_at = case(
        (stage == NOT_SIGNED_IN, Row.invited_at),
        (stage == Stage.NOT_STARTED, null()),
        (stage == Stage.CONSENT_GIVEN, func.coalesce(Row.requested_at, Row.agreed_at)),
        (stage == Stage.WITHDRAWN, Row.withdrawn_at),
        (stage == Stage.READY, Row.copied_at),
        (stage == Stage.CHOSEN, Row.chosen_at),
        else_=moved,
    )
    return func.coalesce(reached_at, Row.signed_in_at)


def build_is_stuck(now: datetime) -> ColumnElement[bool]:
    """Return whether an unfinished shoot has been in its status longer than usual, as ``stages.is_stuck`` does."""
    since = func.coalesce(Row.status_since, Row.requested_at)
    limits = [
        and_(Row.provider_status.is_(None), since < now - stages.MAX_CREATION),
        *(and_(Row.provider_status == status, since < now - limit) for status, limit in stages.MAX_DURATIONS.items()),
        and_(Row.provider_status.not_in((*stages.MAX_DURATIONS, stages.DELETED)), since < now - stages.MAX_PROCESSING),
    ]
    is_unfinished = and_(Row.requested_at.is_not(None), Row.closed_at.is_(None), Row.copied_at.is_(None))
    return and_(is_unfinished, Row.problem.is_(None), or_(*limits))


def build_is_active() -> ColumnElement[bool]:
    """Return whether a row counts: neither left nor deactivated."""
    return and_(Row.left_at.is_(None), Row.deactivated_at.is_(None))


def build_is_overdue(stage: ColumnElement[str], now: datetime) -> ColumnElement[bool]:
    """Return whether the due date has passed without a choice."""
    return and_(Row.due_on < now.date(), stage != Stage.CHOSEN)


def build_attention(stage: ColumnElement[str], since: ColumnElement[datetime], now: datetime) -> ColumnElement[str]:
    """Return the first :class:`Attention` that applies to an active row, NULL when none does."""
    is_problem = stage == Stage.PROBLEM
    has_dead_link = or_(
        and_(is_problem, or_(Row.problem.is_(None), Row.problem == Problem.LINK_LOST)),
        and_(Row.link_reported_at.is_not(None), Row.closed_at.is_(None), Row.provider_status == stages.ONBOARDING),
    )
    is_without_person = stage == NOT_SIGNED_IN
    named = (Problem.NO_CREDITS, Problem.ADDRESS_TAKEN, Problem.REFUSED, Problem.NO_PHOTOS, Problem.NOT_CHOSEN)
    conditions = {
        Attention.LINK_DEAD: has_dead_link,
        Attention.BOUNCED: and_(Row.bounced_at.is_not(None), is_without_person),
        **{Attention(problem.value): and_(is_problem, Row.problem == problem) for problem in named},
        Attention.NO_CHOICE: and_(stage == Stage.READY, since < now - NO_CHOICE_AFTER),
        Attention.NO_UPLOAD: and_(stage == Stage.IN_STUDIO, since < now - NO_UPLOAD_AFTER),
        Attention.STUCK: build_is_stuck(now),
        Attention.OVERDUE: build_is_overdue(stage, now),
    }
    whens = [(condition, literal(attention.value)) for attention, condition in conditions.items()]
    return case((~build_is_active(), null()), *whens, else_=null())


# One lateral row, so that the stage is computed once a row, however often a statement names it. OFFSET 0 keeps the
# planner from inserting the expression at each of these places.
STAGES = select(_build_stage().label("stage")).correlate(Row).offset(literal_column("0")).lateral("stages")
STAGED_PEOPLE = join(Row, STAGES, true())
