"""Attention and counts of the console's list: computed in SQL, equal to their definition in Python."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.db import db, transaction
from portal.domain import stages
from portal.domain.attention import NO_CHOICE_AFTER, NO_UPLOAD_AFTER, Attention
from portal.domain.company_texts import TextSection
from portal.domain.funnel import NOT_SIGNED_IN
from portal.domain.stages import Problem, Stage
from portal.models import board, people_counts, people_list
from portal.models.board import TeamCounts
from portal.models.listed_people import ListedPerson
from portal.models.people_counts import ViewCounts
from portal.models.people_list import ListRow, PeopleFilter
from portal.models.text_versions import TextVersion
from tests import factories
from tests.factories import NOW
from tests.integration.db.listed_cases import CASES, ROSTER_FACTS, make_entry, make_listed

LATER = st.sampled_from([NOW, NOW + timedelta(hours=5), NOW + timedelta(days=4), NOW + timedelta(days=8)])
MANY = 10_000
RESOLUTION = timedelta(microseconds=1)
MOVES = ("signed_in_at", "agreed_at", "withdrawn_at", "requested_at", "status_since", "copied_at", "chosen_at")


def derive_attention(row: ListedPerson, stage: str, now: datetime) -> Attention | None:
    """Return the first reason that applies, by the definitions of :class:`Attention`."""
    if row.left_at is not None or row.deactivated_at is not None:
        return None
    moved_at = row.status_since or row.requested_at
    is_reported = row.link_reported_at is not None and row.closed_at is None
    if (stage == Stage.PROBLEM and row.problem in {None, Problem.LINK_LOST}) or (
        is_reported and row.provider_status == stages.ONBOARDING
    ):
        return Attention.LINK_DEAD
    if stage == NOT_SIGNED_IN and row.bounced_at is not None:
        return Attention.BOUNCED
    if stage == Stage.PROBLEM:
        return Attention(str(row.problem))
    return _derive_late(row, stage, moved_at, now)


def _derive_late(row: ListedPerson, stage: str, moved_at: datetime | None, now: datetime) -> Attention | None:
    arrived_at = moved_at or row.signed_in_at
    if stage == Stage.READY and row.copied_at is not None and row.copied_at < now - NO_CHOICE_AFTER:
        return Attention.NO_CHOICE
    if stage == Stage.IN_STUDIO and arrived_at is not None and arrived_at < now - NO_UPLOAD_AFTER:
        return Attention.NO_UPLOAD
    is_unfinished = row.closed_at is None and row.copied_at is None and row.problem is None
    if moved_at is not None and is_unfinished and stages.is_stuck(row.provider_status, moved_at, now):
        return Attention.STUCK
    if row.due_on is not None and row.due_on < now.date() and stage != Stage.CHOSEN:
        return Attention.OVERDUE
    return None


def list_everyone(now: datetime) -> list[ListRow]:
    db.session.expire_all()
    return people_list.list_rows(PeopleFilter(), now=now, limit=MANY)


@given(case=CASES, roster=st.none() | ROSTER_FACTS, is_reported=st.booleans(), now=LATER)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_attention_in_sql_equals_its_definition(
    app: Flask, case: dict[str, Any], roster: dict[str, Any] | None, is_reported: bool, now: datetime
) -> None:
    person = make_listed(case, roster, is_reported=is_reported)
    row = people_list.find_row(person.id, now=now)
    assert row is not None
    assert row.attention == derive_attention(row.listed, row.stage, now)
    kept = people_list.count_rows(PeopleFilter(ids=(person.id,), attention="any", is_active=True), now=now)
    assert kept == (row.attention is not None)


@pytest.mark.parametrize(
    ("shoot", "limit"),
    [
        ({"provider_status": None}, stages.MAX_CREATION),
        ({"provider_status": "onboarding", "signed_url": b"sealed"}, NO_UPLOAD_AFTER),
        ({"provider_status": "onboarding", "signed_url": None}, stages.MAX_DURATIONS[stages.ONBOARDING]),
        ({"provider_status": "waiting"}, stages.MAX_DURATIONS[stages.WAITING]),
        ({"provider_status": "active"}, stages.MAX_DURATIONS[stages.ACTIVE]),
        ({"provider_status": "pending"}, stages.MAX_PROCESSING),
        ({"provider_status": "somethingNew"}, stages.MAX_PROCESSING),
        ({"provider_status": "active", "copied_at": NOW}, NO_CHOICE_AFTER),
        ({"provider_status": "deleted"}, None),
        ({"provider_status": "waiting", "problem": "refused"}, None),
    ],
)
def test_stored_moment_is_that_of_each_limit(app: Flask, shoot: dict[str, Any], limit: timedelta | None) -> None:
    person = factories.make_person()
    factories.make_consent(person)
    factories.make_shoot(person, requested_at=NOW, status_since=NOW, **shoot)
    row = people_list.find_row(person.id, now=NOW)
    assert row is not None
    assert row.listed.late_at == (None if limit is None else NOW + limit)


@given(case=CASES, roster=st.none() | ROSTER_FACTS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_time_alone_changes_a_row_from_its_stored_moment_on(
    app: Flask, case: dict[str, Any], roster: dict[str, Any] | None
) -> None:
    person = make_listed(case, roster, is_reported=False)
    row = people_list.find_row(person.id, now=NOW)
    assert row is not None
    moved_at = row.listed.status_since or row.listed.requested_at
    late_at = row.listed.late_at
    before = (late_at or NOW + timedelta(days=400)) - RESOLUTION
    assert _derive_late(row.listed, row.stage, moved_at, before) is None
    if late_at is not None and row.stage == row.listed.stage:
        assert _derive_late(row.listed, row.stage, moved_at, late_at + RESOLUTION) is not None


@given(
    people=st.lists(st.tuples(CASES, st.none() | ROSTER_FACTS, st.booleans()), min_size=3, max_size=6),
    expected=st.lists(ROSTER_FACTS, max_size=3),
    now=LATER,
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_equal_the_rows_that_are_listed(
    app: Flask, people: list[Any], expected: list[dict[str, Any]], now: datetime
) -> None:
    for case, roster, is_reported in people:
        make_listed(case, roster, is_reported=is_reported)
    with transaction() as session:
        start = session.query(ListedPerson).count()
        session.add_all(make_entry(f"expected{start + n}@example.com", **facts) for n, facts in enumerate(expected))
    rows = [row for row in list_everyone(now) if row.listed.left_at is None]
    assert people_counts.count_views(now) == count_in_python(rows)
    grouped = Counter((row.listed.team, row.stage, row.attention, is_invited(row), row.is_overdue) for row in rows)
    counted = people_counts.count_people(now)
    found: Counter[tuple[str | None, str, str | None, bool, bool]] = Counter()
    for each in counted:
        found[each.team, each.stage, each.attention, each.is_invited, each.is_overdue] += each.count
    assert found == grouped
    members = people_counts.count_members(["Sales", "Staff"], now)
    by_name = {team.name: team for team in board.build_team_counts([*counted, *members])}
    for name in ("Sales", "Staff"):
        of_team = [row for row in rows if row.listed.team == name or name in row.listed.teams]
        expected_counts = count_team_in_python(name, of_team)
        assert board.count_team(name, now) == by_name.get(name) == expected_counts
    check_moments([row.listed for row in rows], now)


def check_moments(people: list[ListedPerson], now: datetime) -> None:
    """Compare what the board shows of days and moves with the people themselves."""
    signed_in = Counter(each.signed_in_at.astimezone(UTC).date() for each in people if each.signed_in_at)
    assert board.count_by_day(ListedPerson.signed_in_on) == sorted(signed_in.items())
    chosen_at = [each.chosen_at for each in people if each.chosen_at]
    chosen = Counter(moment.astimezone(UTC).date() for moment in chosen_at)
    assert board.count_by_day(ListedPerson.chosen_on) == sorted(chosen.items())
    day_ago = now - timedelta(days=1)
    assert board.count_chosen(day_ago) == sum(moment >= day_ago for moment in chosen_at)
    moves = [getattr(each, name) for each in people for name in MOVES]
    assert board.read_last_move() == max((moment for moment in moves if moment), default=None)


def count_team_in_python(name: str, rows: list[ListRow]) -> TeamCounts | None:
    stages_of = [row.stage for row in rows]
    chosen = stages_of.count("chosen")
    started = sum(stage not in {"not_signed_in", "not_started", "chosen"} for stage in stages_of)
    overdue = sum(row.is_overdue for row in rows)
    attention = sum(row.attention is not None for row in rows)
    return TeamCounts(name, len(rows), chosen, started, overdue, attention) if rows else None


def is_invited(row: ListRow) -> bool:
    return row.listed.invited_at is not None or row.listed.person_id is not None


def count_in_python(rows: list[ListRow]) -> ViewCounts:
    return ViewCounts(
        everyone=len(rows),
        attention=sum(row.attention is not None for row in rows),
        not_signed_in=sum(row.stage == NOT_SIGNED_IN and is_invited(row) for row in rows),
        no_choice=sum(row.stage == Stage.READY for row in rows),
        overdue=sum(row.is_overdue for row in rows),
        chosen=sum(row.stage == Stage.CHOSEN for row in rows),
        not_invited=sum(not is_invited(row) for row in rows),
    )


def test_new_consent_text_moves_people_to_the_stage_before_it_at_once(app: Flask) -> None:
    """The stored stage does not depend on the text that counts now, so that publishing one rewrites no row."""
    person = factories.make_person()
    factories.make_consent(person)
    assert people_list.count_rows(PeopleFilter(stage=Stage.CONSENT_GIVEN), now=NOW) == 1
    with transaction() as session:
        session.add(TextVersion(section=str(TextSection.CONSENT), number=1, content={}, created_at=NOW))
    assert people_list.count_rows(PeopleFilter(stage=Stage.CONSENT_GIVEN), now=NOW) == 0
    assert people_list.count_rows(PeopleFilter(stage=Stage.NOT_STARTED), now=NOW) == 1
