"""Marks on photos: the latest act counts, also when it arrives late, and other people's photos are out of reach."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from portal.models.photo_marks import Mark
from portal.services import gallery
from portal.services.photo_marks import MarkAct, store_marks
from tests.factories import NOW, make_finished_shoot, make_person
from tests.integration.core.worked_example import WorkedExample


def test_marks_are_kept_shown_and_cleared(worked_example: WorkedExample) -> None:
    person = make_person()
    _, (first, second, _third) = make_finished_shoot(person, 3)
    acts = [MarkAct(first.id, Mark.SHORTLIST, NOW), MarkAct(second.id, Mark.SKIP, NOW)]
    assert store_marks(person, acts, now=worked_example.clock.now).marks == {
        first.id: Mark.SHORTLIST,
        second.id: Mark.SKIP,
    }
    cleared = store_marks(person, [MarkAct(second.id, Mark.NONE, NOW + timedelta(seconds=1))], now=NOW + timedelta(1))
    assert cleared.marks == gallery.get_gallery(person).marks == {first.id: Mark.SHORTLIST}


def test_act_that_arrives_late_does_not_undo_a_later_one(worked_example: WorkedExample) -> None:
    person = make_person()
    _, (first, _second) = make_finished_shoot(person, 2)
    later = NOW + timedelta(minutes=5)
    store_marks(person, [MarkAct(first.id, Mark.SKIP, later)], now=later)
    outcome = store_marks(person, [MarkAct(first.id, Mark.SHORTLIST, NOW)], now=later)
    assert outcome.overruled == [first.id]
    assert outcome.marks == {first.id: Mark.SKIP}


def test_time_in_the_future_counts_as_now(worked_example: WorkedExample) -> None:
    person = make_person()
    _, (first, _second) = make_finished_shoot(person, 2)
    store_marks(person, [MarkAct(first.id, Mark.SKIP, NOW + timedelta(days=400))], now=NOW)
    outcome = store_marks(person, [MarkAct(first.id, Mark.SHORTLIST, NOW)], now=NOW + timedelta(seconds=1))
    assert outcome.marks == {first.id: Mark.SHORTLIST}


def test_photos_of_others_and_unknown_ones_are_missing_and_change_nothing(worked_example: WorkedExample) -> None:
    owner, other = make_person(), make_person()
    _, (first, _second) = make_finished_shoot(owner, 2)
    unknown = uuid4()
    acts = [MarkAct(first.id, Mark.SKIP, NOW), MarkAct(unknown, Mark.SKIP, NOW)]
    outcome = store_marks(other, acts, now=NOW)
    assert outcome.missing == [first.id, unknown]
    assert worked_example.query("SELECT count(*) FROM photo_marks") == [(0,)]
