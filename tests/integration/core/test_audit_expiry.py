"""The oldest part of the audit trail expires, and the rest can still be verified."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, InternalError, ProgrammingError

from portal.db import transaction
from portal.domain.audit_chain import AuditHead, ChainVerifier
from portal.models import audit
from portal.services import audit_expiry, audit_trail, fsck
from tests.database_cleanup import disable_triggers
from tests.factories import NOW, make_finished_shoot, make_person
from tests.integration.core.worked_example import WorkedExample

YEAR = timedelta(days=365)
OLD = NOW - 4 * YEAR


def write_entries(count: int, at: datetime) -> None:
    for _ in range(count):
        with transaction():
            audit.create_entry("probe", at=at)


def list_faults(*recorded: AuditHead) -> list[str]:
    return [f"{fault.rule}: {fault.subject}" for fault in audit_trail.iterate_faults(ChainVerifier(recorded))]


def get_head() -> AuditHead:
    head = audit_trail.get_head()
    assert head is not None
    return head


def delete_oldest(*, years: int = 3) -> int:
    return audit_expiry.expire_oldest(NOW - years * YEAR, now=NOW)


def test_oldest_entries_are_deleted_and_the_rest_is_verified_from_the_anchor(worked_example: WorkedExample) -> None:
    write_entries(5, OLD)
    anchor = get_head()
    write_entries(3, NOW)
    kept = worked_example.query("SELECT position, digest FROM audit_links WHERE position > 5 ORDER BY position")
    later = get_head()
    assert delete_oldest() == 5
    assert list_faults(later) == []
    assert worked_example.query("SELECT count(*) FROM audit_entries WHERE action = 'probe'") == [(3,)]
    assert worked_example.query("SELECT position, digest FROM audit_links ORDER BY position")[:3] == kept
    [(detail,)] = worked_example.query("SELECT detail FROM audit_entries WHERE action = 'audit.expired'")
    assert (detail["anchor"], detail["entries"]) == (str(anchor), 5)
    # A recorded head at the anchor is still compared; one before it cannot be.
    assert list_faults(anchor) == []
    assert list_faults(AuditHead(5, b"\1" * 32)) != []
    assert list_faults(AuditHead(3, b"\1" * 32)) == []
    assert delete_oldest() == 0


def test_expiry_in_batches_and_again_later(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_expiry, "ENTRIES_AT_ONCE", 2)
    monkeypatch.setattr(audit_trail, "BATCH", 2)
    write_entries(5, OLD)
    write_entries(3, NOW - 2 * YEAR)
    write_entries(1, NOW)
    assert delete_oldest() == 5
    assert list_faults() == []
    assert delete_oldest(years=1) == 3
    assert list_faults() == []
    assert worked_example.query("SELECT count(*) FROM audit_entries WHERE action = 'audit.expired'") == [(5,)]


def test_clock_that_is_years_ahead_expires_nothing(worked_example: WorkedExample) -> None:
    write_entries(3, NOW)
    assert audit_expiry.expire_oldest(NOW + 10 * YEAR, now=NOW + 20 * YEAR) == 0
    assert worked_example.query("SELECT count(*) FROM audit_entries") == [(3,)]


def test_whole_trail_may_expire_but_for_the_entry_about_it(worked_example: WorkedExample) -> None:
    write_entries(4, OLD)
    assert delete_oldest() == 4
    assert list_faults() == []
    assert worked_example.query("SELECT action FROM audit_entries") == [("audit.expired",)]


def test_expiry_stops_at_an_entry_that_is_not_old_enough(worked_example: WorkedExample) -> None:
    """Only a beginning of the chain goes, so that no position in between is missing."""
    write_entries(2, OLD)
    write_entries(1, NOW)
    write_entries(2, OLD)
    assert delete_oldest() == 2
    assert worked_example.query("SELECT count(*) FROM audit_entries WHERE action = 'probe'") == [(3,)]
    assert list_faults() == []


def test_entry_with_a_time_in_the_future_does_not_keep_the_trail_from_expiring(worked_example: WorkedExample) -> None:
    write_entries(2, OLD)
    write_entries(1, NOW + 70 * YEAR)
    write_entries(2, NOW)
    received = [at for (at,) in worked_example.query("SELECT received_at FROM audit_links ORDER BY position")]
    assert received == sorted(received)
    assert received[-1] <= datetime.now(UTC)
    # Four years later all of them are old, and their own times do not count.
    with disable_triggers(worked_example.connection):
        worked_example.connection.execute("UPDATE audit_links SET received_at = received_at - interval '4 years'")
    assert delete_oldest() == 5
    assert list_faults() == []


def test_entry_with_a_time_in_the_past_is_as_young_as_those_before_it(worked_example: WorkedExample) -> None:
    write_entries(1, NOW)
    write_entries(3, OLD)
    assert delete_oldest() == 0
    assert list_faults() == []
    head = get_head()
    with pytest.raises((IntegrityError, InternalError, ProgrammingError)), transaction():
        audit.create_entry(audit.EXPIRED, at=NOW, anchor=str(head))


def test_expiry_with_a_time_in_the_future_deletes_nothing_of_the_last_year(worked_example: WorkedExample) -> None:
    write_entries(3, NOW)
    head = get_head()
    with pytest.raises((IntegrityError, InternalError, ProgrammingError)), transaction():
        audit.create_entry(audit.EXPIRED, at=NOW + 70 * YEAR, anchor=str(head))
    assert worked_example.query("SELECT count(*) FROM audit_entries") == [(3,)]


TAMPERING = {
    "changed": ("UPDATE audit_entries SET result = 'denied' WHERE id = {kept}", "audit entry was changed"),
    "deleted": ("DELETE FROM audit_entries WHERE id = {kept}", "audit entry is missing"),
    "cut off": (
        "DELETE FROM audit_entries WHERE id <= {kept}; DELETE FROM audit_links WHERE entry_id <= {kept}",
        "audit entry is missing",
    ),
    "other anchor": (
        "UPDATE audit_entries SET detail = jsonb_set(detail, '{{anchor}}', to_jsonb('7:' || repeat('ab', 32))) "
        "WHERE action = 'audit.expired'",
        "audit entry was changed",
    ),
}


@pytest.mark.parametrize("is_expired", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("how", [each for each in TAMPERING if each != "other anchor"])
def test_tampering_is_found_before_and_after_the_expiry(
    worked_example: WorkedExample, how: str, is_expired: bool
) -> None:
    write_entries(5, OLD)
    write_entries(4, NOW)
    if is_expired:
        delete_oldest()
    statement, fault = TAMPERING[how]
    [(kept,)] = worked_example.query("SELECT entry_id FROM audit_links WHERE position = 7")
    with disable_triggers(worked_example.connection):
        worked_example.connection.execute(statement.format(kept=kept))  # type: ignore[call-overload]
    assert any(found.startswith(fault) for found in list_faults())
    if not is_expired:
        # An expiry afterwards hides none of it: what is left was changed.
        delete_oldest()
        assert list_faults() != []


def test_changed_anchor_is_found(worked_example: WorkedExample) -> None:
    write_entries(5, OLD)
    write_entries(4, NOW)
    delete_oldest()
    statement, fault = TAMPERING["other anchor"]
    with disable_triggers(worked_example.connection):
        worked_example.connection.execute(statement.format())  # type: ignore[call-overload]
    assert any(found.startswith(fault) for found in list_faults())


@pytest.mark.parametrize(
    ("anchor", "at"),
    [
        ("5:" + "ab" * 32, NOW),
        ("nothing", NOW),
        (None, NOW),
        ("99:" + "ab" * 32, NOW),
        ("own", OLD + timedelta(days=364)),
    ],
    ids=["wrong digest", "malformed", "missing", "no such position", "younger than a year"],
)
def test_database_refuses_an_expiry_that_is_not_in_order(
    worked_example: WorkedExample, anchor: str | None, at: datetime
) -> None:
    write_entries(5, OLD)
    text = str(get_head()) if anchor == "own" else anchor
    with pytest.raises((IntegrityError, InternalError, ProgrammingError)), transaction():
        audit.create_entry(audit.EXPIRED, at=at, anchor=text)
    assert worked_example.query("SELECT count(*) FROM audit_entries") == [(5,)]
    assert list_faults() == []


@pytest.mark.parametrize("table", ["audit_entries", "audit_links"])
def test_other_deletions_of_entries_are_refused(worked_example: WorkedExample, table: str) -> None:
    write_entries(2, OLD)
    delete_oldest()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        worked_example.connection.execute(f"DELETE FROM {table}")  # type: ignore[call-overload]


def test_rows_whose_entries_expired_are_no_violation(worked_example: WorkedExample) -> None:
    """``fsck`` asks for the entry of a status, an agreement and a choice only while it can exist."""
    person = make_person(now=OLD, signed_in_at=NOW)
    make_finished_shoot(person, now=OLD)
    delete_oldest()
    assert list_faults() == []
    found = [str(each) for each in fsck.list_violations(worked_example.portal.storage, now=NOW, read_files=False)]
    assert [each for each in found if "audit" in each] == []
