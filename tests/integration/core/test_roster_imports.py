"""Importing lists into the roster: checked first, applied once, by the first to confirm, killed or not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.db import transaction
from portal.domain.errors import ChangedMeanwhile, RetryLater
from portal.domain.job_types import READ_ROSTER_IMPORT
from portal.models import roster, roster_absence, roster_imports
from portal.services import roster_imports as imports
from portal.services import roster_leaving
from tests.integration.core.roster_lists import ADMIN, LIST, apply_import, confirm_import, get_import, read_list
from tests.integration.core.worked_example import WorkedExample


def list_addresses(example: WorkedExample) -> list[tuple[str]]:
    return example.query("SELECT address FROM roster_entries WHERE left_at IS NULL ORDER BY address")


def test_checking_changes_nothing_and_confirming_adds_the_people(worked_example: WorkedExample) -> None:
    found = read_list(worked_example)
    assert (found.state, found.line_count) == ("ready", 3)
    assert found.counts == {"new": 2, "malformed": 1}
    assert list_addresses(worked_example) == []
    done = apply_import(worked_example, found)
    assert (done.state, done.counts["added"]) == ("done", 2)
    assert list_addresses(worked_example) == [("ann@corp.example",), ("bob@corp.example",)]


def test_same_list_twice_changes_nothing(worked_example: WorkedExample) -> None:
    apply_import(worked_example, read_list(worked_example))
    again = read_list(worked_example)
    assert again.counts == {"known": 2, "malformed": 1}
    done = apply_import(worked_example, again)
    assert (done.counts.get("added", 0), done.counts.get("updated", 0)) == (0, 0)


def test_two_lists_checked_before_either_is_applied_add_each_person_once(worked_example: WorkedExample) -> None:
    first, second = read_list(worked_example), read_list(worked_example)
    apply_import(worked_example, first)
    done = apply_import(worked_example, second)
    assert done.counts.get("added", 0) == 0
    assert len(list_addresses(worked_example)) == 2


def test_second_confirmation_of_the_same_list_is_refused(worked_example: WorkedExample) -> None:
    found = read_list(worked_example)
    confirm_import(worked_example, found)
    with pytest.raises(ChangedMeanwhile):
        confirm_import(worked_example, found)
    with pytest.raises(ChangedMeanwhile):
        imports.cancel_import(found.id, version=found.version, actor_id=ADMIN, now=worked_example.clock.now)


def test_scheduled_list_waits_and_can_be_canceled(worked_example: WorkedExample) -> None:
    found = read_list(worked_example)
    later = worked_example.clock.now + timedelta(hours=2)
    confirm_import(worked_example, found, starts_at=later)
    assert get_import(found.id).state == "scheduled"
    with pytest.raises(RetryLater):
        imports.apply_import(found.id, get_import(found.id).version, worked_example.portal)
    version = get_import(found.id).version
    imports.cancel_import(found.id, version=version, actor_id=ADMIN, now=worked_example.clock.now)
    worked_example.clock.now = later
    imports.apply_import(found.id, version, worked_example.portal)
    assert list_addresses(worked_example) == []


def test_scheduled_list_is_applied_at_its_time(worked_example: WorkedExample) -> None:
    found = read_list(worked_example)
    confirm_import(worked_example, found, starts_at=worked_example.clock.now + timedelta(hours=2))
    worked_example.clock.now += timedelta(hours=3)
    imports.apply_import(found.id, get_import(found.id).version, worked_example.portal)
    assert len(list_addresses(worked_example)) == 2


@pytest.mark.parametrize("failing_chunk", [1, 2])
def test_import_killed_while_applying_resumes_after_the_last_chunk(
    failing_chunk: int, worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 1)
    found = read_list(worked_example, "email\nann@corp.example\nbob@corp.example\ncem@corp.example\n")
    confirm_import(worked_example, found)
    passed = iter(range(1, failing_chunk + 1))

    def kill(name: str) -> None:
        if name == "import.after_applied_chunk" and next(passed) == failing_chunk:
            raise KeyboardInterrupt

    monkeypatch.setattr(imports, "failpoint", kill)
    version = get_import(found.id).version
    with pytest.raises(KeyboardInterrupt):
        imports.apply_import(found.id, version, worked_example.portal)
    monkeypatch.setattr(imports, "failpoint", lambda _name: None)
    imports.apply_import(found.id, version, worked_example.portal)
    done = get_import(found.id)
    assert (done.state, done.counts["added"]) == ("done", 3)
    assert len(list_addresses(worked_example)) == 3


def test_killed_while_reading_starts_over(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 1)
    import_id = imports.create_import(LIST.encode(), "", actor_id=ADMIN, now=worked_example.clock.now)

    def kill(_name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(imports, "failpoint", kill)
        with pytest.raises(KeyboardInterrupt):
            imports.read_import(import_id, worked_example.portal)
    assert get_import(import_id).progress == 1
    imports.read_import(import_id, worked_example.portal)
    found = get_import(import_id)
    assert (found.state, found.progress, found.counts) == ("ready", 3, {"new": 2, "malformed": 1})


def test_absent_people_are_marked_as_left_only_when_selected(worked_example: WorkedExample) -> None:
    apply_import(worked_example, read_list(worked_example, "email\nann@corp.example\nold@corp.example\n"))
    worked_example.clock.now += timedelta(days=1)
    found = read_list(worked_example, "email\nann@corp.example\n")
    assert [each.address for each in roster_absence.list_absent(found, 10)] == ["old@corp.example"]
    apply_import(worked_example, found)
    assert len(list_addresses(worked_example)) == 2
    done = apply_import(
        worked_example, read_list(worked_example, "email\nann@corp.example\n"), marks_absent=True, typed_count=1
    )
    assert done.counts["marked_left"] == 1
    assert list_addresses(worked_example) == [("ann@corp.example",)]
    again = apply_import(worked_example, read_list(worked_example, "email\nold@corp.example\n"))
    assert again.counts["returning"] == 1
    assert list_addresses(worked_example) == [("ann@corp.example",), ("old@corp.example",)]


def test_more_than_a_fifth_is_marked_only_after_the_number_is_typed(worked_example: WorkedExample) -> None:
    people = "".join(f"person{number}@corp.example\n" for number in range(10))
    apply_import(worked_example, read_list(worked_example, "email\n" + people))
    worked_example.clock.now += timedelta(days=1)
    found = read_list(worked_example, "email\n" + people.partition("\n")[2].partition("\n")[2].partition("\n")[2])
    import_id = found.id
    assert roster_leaving.get_absence(found) == roster_leaving.Absence(3, is_large=True)
    for typed in (None, 2, 30):
        with pytest.raises(roster_leaving.AbsentCountNotTyped):
            confirm_import(worked_example, get_import(import_id), marks_absent=True, typed_count=typed)
    assert len(list_addresses(worked_example)) == 10
    done = apply_import(worked_example, get_import(import_id), marks_absent=True, typed_count=3)
    assert (done.counts["marked_left"], len(list_addresses(worked_example))) == (3, 7)


def test_a_fifth_is_marked_without_typing(worked_example: WorkedExample) -> None:
    people = "".join(f"person{number}@corp.example\n" for number in range(10))
    apply_import(worked_example, read_list(worked_example, "email\n" + people))
    worked_example.clock.now += timedelta(days=1)
    found = read_list(worked_example, "email\n" + people.partition("\n")[2].partition("\n")[2])
    assert apply_import(worked_example, found, marks_absent=True).counts["marked_left"] == 2


def test_scheduled_list_marks_no_person_when_more_are_absent_than_confirmed(worked_example: WorkedExample) -> None:
    """Others left the list's people behind between the confirmation and its time."""
    people = "".join(f"person{number}@corp.example\n" for number in range(10))
    apply_import(worked_example, read_list(worked_example, "email\n" + people))
    worked_example.clock.now += timedelta(days=1)
    found = read_list(worked_example, "email\n" + people.partition("\n")[2])
    later = worked_example.clock.now + timedelta(hours=1)
    confirm_import(worked_example, found, marks_absent=True, starts_at=later)
    with transaction() as session:
        # The address of three listed people changed meanwhile, so that the list does not name them any more.
        session.execute(text("UPDATE roster_entries SET address = 'x' || address WHERE address < 'person4'"))
    worked_example.clock.now = later + timedelta(minutes=1)
    worked_example.work()
    done = get_import(found.id)
    assert (done.state, done.counts["marked_left"], done.counts["absent_kept"]) == ("done", 0, 4)


def test_unreadable_list_has_a_reason_and_other_columns_are_read(worked_example: WorkedExample) -> None:
    assert read_list(worked_example, b"%PDF\0\0" + b"x" * 99).failure == "not_text"
    found = read_list(worked_example, "who;contact\nAnn;ann@corp.example\n")
    assert found.counts == {"new": 1}
    imports.choose_columns(found.id, {"address": 1, "name": 0}, version=found.version)
    assert worked_example.work(limit=1) == [READ_ROSTER_IMPORT.name]
    [line] = roster_imports.list_lines(found.id, ["new"], after=0, limit=10)
    assert line.name == "Ann"


def test_ten_thousand_wrong_lines_are_listed_and_nothing_else(worked_example: WorkedExample) -> None:
    found = read_list(worked_example, "email;name\n" + "".join(f"wrong {number};Name\n" for number in range(10_000)))
    assert found.counts == {"malformed": 10_000}
    done = apply_import(worked_example, found)
    assert (done.state, list_addresses(worked_example)) == ("done", [])


def test_import_keeps_what_the_list_leaves_empty(worked_example: WorkedExample) -> None:
    apply_import(worked_example, read_list(worked_example))
    apply_import(worked_example, read_list(worked_example, "email;name;team\nann@corp.example;;Finance\n"))
    entry = roster.find_by_address("ann@corp.example")
    assert entry is not None
    assert (entry.name, entry.team) == ("Ann", "Finance")
