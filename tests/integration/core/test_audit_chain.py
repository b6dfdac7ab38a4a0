"""The audit trail: entries cannot be edited, and circumvention is detected."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from portal import cli
from portal.db import transaction
from portal.domain.audit_chain import AuditHead, ChainVerifier
from portal.models import audit
from portal.services import audit_trail, fsck
from tests.database_cleanup import disable_triggers
from tests.factories import NOW
from tests.integration.core.worked_example import WorkedExample


def write_entries(times: int = 1, **detail: Any) -> None:
    """Write entries, each in a transaction of its own."""
    for _ in range(times):
        with transaction():
            audit.create_entry("probe", at=NOW, **detail)


def write_and_fail() -> None:
    """Write an entry, and let its transaction fail."""
    with transaction() as session:
        audit.create_entry("probe", at=NOW)
        session.flush()
        raise ZeroDivisionError


def list_faults(*recorded: AuditHead) -> list[str]:
    """What is wrong with the trail."""
    return [f"{fault.rule}: {fault.subject}" for fault in audit_trail.iterate_faults(ChainVerifier(recorded))]


def list_positions(worked_example: WorkedExample) -> list[int]:
    """The positions in the order of the entries."""
    return [place for (place,) in worked_example.query("SELECT position FROM audit_links ORDER BY entry_id")]


def get_head() -> AuditHead:
    now = audit_trail.get_head()
    assert now is not None
    return now


def test_empty_chain_is_intact_and_has_no_head(worked_example: WorkedExample) -> None:
    assert list_faults() == []
    assert audit_trail.get_head() is None


def test_every_entry_gets_its_place_when_it_is_committed(worked_example: WorkedExample) -> None:
    write_entries(3)
    with transaction():
        audit.create_entry("probe", at=NOW)
        audit.create_entry("probe", at=NOW)
    assert list_positions(worked_example) == [1, 2, 3, 4, 5]
    assert list_faults() == []
    assert get_head().position == 5


def test_what_is_rolled_back_leaves_no_gap(worked_example: WorkedExample) -> None:
    write_entries()
    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    write_entries()
    entry_ids = [entry_id for (entry_id,) in worked_example.query("SELECT id FROM audit_entries ORDER BY id")]
    assert entry_ids[1] - entry_ids[0] > 1
    assert list_positions(worked_example) == [1, 2]
    assert list_faults() == []


def test_an_entry_inserted_manually_is_in_the_chain_too(worked_example: WorkedExample) -> None:
    worked_example.query("INSERT INTO audit_entries (at, action, result, detail) VALUES (now(), 'by hand', 'ok', '{}')")
    assert list_positions(worked_example) == [1]
    assert list_faults() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET result = 'refused'",
        "UPDATE audit_entries SET at = at",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "TRUNCATE people, audit_entries CASCADE",
        "UPDATE audit_links SET digest = digest",
        "DELETE FROM audit_links",
        "TRUNCATE audit_links",
        "INSERT INTO audit_links (position, entry_id, digest) VALUES (2, 2, '')",
        "SELECT audit_append(entry) FROM audit_entries AS entry",
    ],
)
@pytest.mark.asvs("A59")
def test_audit_entries_cannot_be_updated_or_deleted(worked_example: WorkedExample, statement: str) -> None:
    write_entries()
    before = worked_example.query("SELECT * FROM audit_entries JOIN audit_links ON entry_id = id")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="can only be added to"):
        worked_example.query(statement)
    assert worked_example.query("SELECT * FROM audit_entries JOIN audit_links ON entry_id = id") == before


def test_entry_cannot_be_changed_before_commit(worked_example: WorkedExample) -> None:
    both = """
        BEGIN;
        INSERT INTO audit_entries (at, action, result, detail) VALUES (now(), 'x', 'refused', '{}');
        UPDATE audit_entries SET result = 'ok';
    """
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        worked_example.query(both)
    worked_example.query("ROLLBACK")
    assert worked_example.query("SELECT count(*) FROM audit_entries") == [(0,)]


TAMPERING = {
    "a changed cell": (
        ["UPDATE audit_entries SET result = 'refused' WHERE id = 3"],
        ["audit entry was changed: position 3 (entry 3)"],
    ),
    "a changed person": (
        ["UPDATE audit_entries SET actor_id = gen_random_uuid() WHERE id = 3"],
        ["audit entry was changed: position 3 (entry 3)"],
    ),
    "a changed time, by a microsecond": (
        ["UPDATE audit_entries SET at = at + interval '1 microsecond' WHERE id = 3"],
        ["audit entry was changed: position 3 (entry 3)"],
    ),
    "a time that no clock shows": (
        ["UPDATE audit_entries SET at = 'infinity' WHERE id = 3"],
        ["audit entry was changed: position 3 (entry 3)"],
    ),
    "a deleted middle entry": (
        ["DELETE FROM audit_entries WHERE id = 3"],
        ["audit entry is missing: position 3 (entry 3)"],
    ),
    "a deleted middle entry with its link": (
        ["DELETE FROM audit_entries WHERE id IN (2, 3)", "DELETE FROM audit_links WHERE entry_id IN (2, 3)"],
        ["audit entry is missing: positions 2 to 3"],
    ),
    "the first entries deleted": (
        ["DELETE FROM audit_entries WHERE id = 1", "DELETE FROM audit_links WHERE entry_id = 1"],
        ["audit entry is missing: position 1"],
    ),
    "a deleted entry, the later ones moved up": (
        [
            "DELETE FROM audit_entries WHERE id = 3",
            "DELETE FROM audit_links WHERE entry_id = 3",
            "UPDATE audit_links SET position = position - 1 WHERE position > 3",
        ],
        [
            "audit entry does not follow the one before it: position 3 (entry 4)",
            "audit entry was changed: position 3 (entry 4)",
            "audit entry was changed: position 4 (entry 5)",
        ],
    ),
    "two entries that changed places": (
        [
            "UPDATE audit_links SET entry_id = -entry_id WHERE entry_id IN (2, 3)",
            "UPDATE audit_links SET entry_id = entry_id + 5 WHERE entry_id < 0",
        ],
        [
            "audit entry was changed: position 2 (entry 3)",
            "audit entry was changed: position 3 (entry 2)",
        ],
    ),
    "another link": (
        ["UPDATE audit_links SET previous = sha256('x') WHERE position = 3"],
        [
            "audit entry does not follow the one before it: position 3 (entry 3)",
            "audit entry was changed: position 3 (entry 3)",
        ],
    ),
    "a deleted link": (
        ["DELETE FROM audit_links WHERE position = 3"],
        ["audit entry is missing: position 3", "audit entry is outside the chain: entry 3"],
    ),
    "an entry slipped in": (
        ["INSERT INTO audit_entries (at, action, result, detail) VALUES (now(), 'x', 'ok', '{}')"],
        ["audit entry is outside the chain: entry 6"],
    ),
    "a second entry at one place": (
        [
            "ALTER TABLE audit_links DROP CONSTRAINT pk_audit_links",
            "INSERT INTO audit_entries (at, action, result, detail) VALUES (now(), 'x', 'ok', '{}')",
            "INSERT INTO audit_links SELECT 3, 6, previous, audit_digest(3, previous, entry)"
            " FROM audit_links, audit_entries AS entry WHERE position = 3 AND id = 6",
        ],
        [
            "audit entry shares its position with another: position 3 (entry 6)",
            "audit entry does not follow the one before it: position 4 (entry 4)",
        ],
    ),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_with_the_triggers_switched_off_is_found(worked_example: WorkedExample, how: str) -> None:
    statements, expected = TAMPERING[how]
    write_entries(5, kind="sound")
    with disable_triggers(worked_example.connection):
        for statement in statements:
            worked_example.query(statement)
    assert list_faults() == expected
    notified = [str(each) for each in fsck.list_violations(worked_example.portal.storage, now=NOW)]
    assert notified == expected


def test_truncated_chain_is_detected_only_with_recorded_head(worked_example: WorkedExample) -> None:
    write_entries(3)
    early, late = AuditHead(2, get_digest(worked_example, 2)), get_head()
    with disable_triggers(worked_example.connection):
        worked_example.query("DELETE FROM audit_entries WHERE id = 3")
        worked_example.query("DELETE FROM audit_links WHERE position = 3")
    assert list_faults() == []
    assert list_faults(early) == []
    assert list_faults(early, late) == [f"audit trail ends before a head that was recorded: {late}"]
    write_entries()
    assert list_faults(late) == [f"audit trail differs from a head that was recorded: {late}"]


def test_rewritten_chain_is_detected_only_with_recorded_head(worked_example: WorkedExample) -> None:
    write_entries(3)
    recorded = get_head()
    with disable_triggers(worked_example.connection):
        worked_example.query("DELETE FROM audit_links")
        worked_example.query("UPDATE audit_entries SET result = 'refused' WHERE id = 2")
        worked_example.query("SELECT audit_append(entry) FROM (SELECT * FROM audit_entries ORDER BY id) AS entry")
    assert list_faults() == []
    assert list_faults(recorded) == [f"audit trail differs from a head that was recorded: {recorded}"]


def get_digest(worked_example: WorkedExample, position: int) -> bytes:
    [(digest,)] = worked_example.query("SELECT digest FROM audit_links WHERE position = %(at)s", at=position)
    return bytes(digest)


def test_many_writers_at_once_make_one_unbroken_chain(worked_example: WorkedExample) -> None:
    def write_some() -> None:
        for number in range(20):
            if number % 5 == 0:
                with suppress(ZeroDivisionError):
                    write_and_fail()
            else:
                write_entries(number=number)

    writers: list[Callable[[], Any]] = [write_some] * 8
    assert worked_example.run_concurrently(writers) == [None] * 8
    assert sorted(list_positions(worked_example)) == list(range(1, 8 * 16 + 1))
    assert list_faults() == []


def test_old_snapshot_cannot_fork_the_chain(worked_example: WorkedExample, database_url: str) -> None:
    write_entries()
    address = database_url.replace("+psycopg", "")
    with psycopg.connect(address, connect_timeout=30) as late:
        late.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        late.execute("INSERT INTO audit_entries (at, action, result, detail) VALUES (now(), 'late', 'ok', '{}')")
        write_entries()
        with pytest.raises(psycopg.errors.UniqueViolation):
            late.commit()
    assert list_positions(worked_example) == [1, 2]
    assert list_faults() == []


def test_a_transaction_without_entries_does_not_wait_for_one_that_is_being_linked(
    worked_example: WorkedExample, database_url: str
) -> None:
    address = database_url.replace("+psycopg", "")
    with psycopg.connect(address, connect_timeout=30) as other:
        other.execute("INSERT INTO audit_entries (at, action, result, detail) VALUES (now(), 'x', 'ok', '{}')")
        # As if it stood in its commit: from here on it holds the lock.
        other.execute("SET CONSTRAINTS ALL IMMEDIATE")
        worked_example.query("SET lock_timeout = '1s'")
        worked_example.query("UPDATE provider_budget SET id = id")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            worked_example.query(
                "INSERT INTO audit_entries (at, action, result, detail) VALUES (now(), 'x', 'ok', '{}')"
            )
        other.rollback()
    assert list_faults() == []


def run_fsck(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch, *heads: str) -> tuple[int, list[str]]:
    """Run ``portal fsck`` with heads noted earlier; its status and lines."""
    monkeypatch.setattr(cli, "load_settings", lambda: None)
    options = [part for head in heads for part in ("--audit-head", head)]
    done = CliRunner().invoke(cli.run_command, ["fsck", "--fast", *options], obj=lambda: worked_example.app)
    return done.exit_code, done.output.splitlines()


def test_the_command_prints_the_head_and_compares_it_with_earlier_ones(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_fsck(worked_example, monkeypatch) == (0, ["audit head none", "clean"])
    write_entries(2)
    earlier = str(get_head())
    write_entries()
    assert run_fsck(worked_example, monkeypatch, earlier) == (0, [f"audit head {get_head()}", "clean"])
    other = f"2:{'0' * 64}"
    status, lines = run_fsck(worked_example, monkeypatch, earlier, other)
    assert status == 1
    assert lines[0] == f"audit trail differs from a head that was recorded: {other}"
    status, lines = run_fsck(worked_example, monkeypatch, "2:abc")
    assert status == 2
    assert "a head is a position, a colon and 64 hex digits" in lines[-1]


def test_nightly_check_is_audited_with_its_result(
    worked_example: WorkedExample, caplog: pytest.LogCaptureFixture
) -> None:
    write_entries(2)
    before = get_head()
    worked_example.run("audit.verify", {})
    with disable_triggers(worked_example.connection):
        worked_example.query("UPDATE audit_entries SET result = 'refused' WHERE id = 1")
    worked_example.clock.advance(days=1)
    with caplog.at_level(logging.ERROR):
        worked_example.run("audit.verify", {})
    rows = worked_example.query(
        "SELECT at, result, channel, detail FROM audit_entries WHERE action = 'audit.verified' ORDER BY id"
    )
    assert [tuple(row) for row in rows[:1]] == [(NOW, "ok", "worker", {"entries": 2, "faults": 0, "head": str(before)})]
    assert (rows[1][0], rows[1][1], rows[1][3]["faults"]) == (NOW + timedelta(days=1), "broken", 1)
    assert "audit.chain_broken" in caplog.text


def test_the_head_is_logged_in_the_form_fsck_accepts(
    worked_example: WorkedExample, caplog: pytest.LogCaptureFixture
) -> None:
    write_entries(2)
    with caplog.at_level(logging.INFO):
        worked_example.run("audit.note_head", {})
    [line] = [record for record in caplog.records if record.message == "audit.head_recorded"]
    assert list_faults(AuditHead.parse(vars(line)["head"])) == []
