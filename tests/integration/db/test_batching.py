"""The statement batcher: dead connections, failing statements, and the order of waiting callers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
import pytest

from portal.db import batching
from portal.db.batching import BatcherBusy, StatementBatcher
from tests.waiting import wait_until

PID: LiteralString = "SELECT pg_backend_pid()"
LOCK: LiteralString = "SELECT 1 FROM pg_advisory_xact_lock(1)"


@pytest.fixture
def conninfo(database_url: str) -> str:
    return database_url.replace("+psycopg", "")


@pytest.fixture
def batcher(conninfo: str) -> Iterator[StatementBatcher]:
    batcher = StatementBatcher(conninfo, 1)
    yield batcher
    batcher.close()


@contextmanager
def occupy_connection(batcher: StatementBatcher, conninfo: str) -> Iterator[None]:
    """Keep the batcher's only connection busy, by a statement that waits for a lock, while the block runs."""
    with psycopg.connect(conninfo) as other:
        other.execute(LOCK)
        thread = threading.Thread(target=batcher.run, args=(LOCK, {}))
        thread.start()
        wait_until(lambda: not batcher._free)
        try:
            yield
        finally:
            other.rollback()
            thread.join(60)


def get_backend_pid(batcher: StatementBatcher) -> int:
    row = batcher.run(PID, {})
    assert row is not None
    return int(row[0])


@pytest.fixture
def items(conninfo: str) -> Iterator[psycopg.Connection[tuple[str]]]:
    """A table of names, each of at most five letters."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE items (name varchar(5) PRIMARY KEY)")
        yield connection


def test_one_connection_is_used_again_and_opened_again_after_closing(batcher: StatementBatcher) -> None:
    first = get_backend_pid(batcher)
    assert get_backend_pid(batcher) == first
    batcher.close()
    assert get_backend_pid(batcher) != first


def test_connection_in_use_while_closing_is_closed_afterwards(conninfo: str) -> None:
    opened: list[psycopg.Connection[object]] = []

    def connect(*arguments: str, **options: object) -> psycopg.Connection[object]:
        opened.append(psycopg.connect(*arguments, **options))  # type: ignore[arg-type]
        return opened[-1]

    batcher = StatementBatcher(conninfo, 1, connect=connect)
    with occupy_connection(batcher, conninfo):
        wait_until(lambda: opened)
        batcher.close()
    assert [each.closed for each in opened] == [True]
    get_backend_pid(batcher)
    batcher.close()
    assert [each.closed for each in opened] == [True, True]


def test_write_is_committed_at_once(batcher: StatementBatcher, conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as other:
        other.execute("CREATE TABLE items (name text, content bytea)")
        add: LiteralString = "INSERT INTO items VALUES (%(name)s, %(content)b) RETURNING name"
        assert batcher.run(add, {"name": "a", "content": b"\x00\xff"}) == ("a",)
        assert other.execute("SELECT * FROM items").fetchall() == [("a", b"\x00\xff")]
    assert batcher.run("SELECT 1 WHERE false", {}) is None


def test_connection_closed_by_server_is_replaced(batcher: StatementBatcher, conninfo: str) -> None:
    first = get_backend_pid(batcher)
    with psycopg.connect(conninfo, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
    assert get_backend_pid(batcher) != first


def test_unavailable_server_is_an_error_and_releases_the_reservation() -> None:
    batcher = StatementBatcher("postgresql://127.0.0.1:1/none", 1, connect_timeout=2)
    for _ in range(3):
        with pytest.raises(psycopg.OperationalError):
            batcher.run(PID, {})


def test_a_statement_that_fails_fails_once_and_leaves_the_connection(batcher: StatementBatcher) -> None:
    first = get_backend_pid(batcher)
    with pytest.raises(psycopg.errors.DivisionByZero):
        batcher.run("SELECT 1 / 0", {})
    assert get_backend_pid(batcher) == first


def test_connection_with_open_transaction_is_discarded(batcher: StatementBatcher) -> None:
    first = get_backend_pid(batcher)
    with pytest.raises(psycopg.ProgrammingError):  # it has no row to return
        batcher.run("BEGIN", {})
    assert get_backend_pid(batcher) != first


def test_waiting_times_out(conninfo: str) -> None:
    batcher = StatementBatcher(conninfo, 1, timeout=0.1)
    get_backend_pid(batcher)
    with occupy_connection(batcher, conninfo), pytest.raises(BatcherBusy):
        batcher.run(PID, {})
    assert get_backend_pid(batcher) > 0
    batcher.close()


def test_queue_is_first_in_first_out(
    batcher: StatementBatcher, items: psycopg.Connection[tuple[str]], conninfo: str
) -> None:
    def add(number: int) -> None:
        batcher.run("INSERT INTO places VALUES (DEFAULT, %(number)s) RETURNING 1", {"number": number})

    items.execute("CREATE TABLE places (place serial, number int)")
    with occupy_connection(batcher, conninfo):
        threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
        for count, thread in enumerate(threads, start=1):
            thread.start()
            wait_until(lambda count=count: len(batcher._waiting) == count)
    for thread in threads:
        thread.join(60)
    assert items.execute("SELECT array_agg(number ORDER BY place) FROM places").fetchone() == (list(range(8)),)


ADD: LiteralString = "INSERT INTO items VALUES (%(name)s) ON CONFLICT DO NOTHING RETURNING name, txid_current()"


def run_together(batcher: StatementBatcher, conninfo: str, names: list[str]) -> list[object]:
    """Let these wait for the batcher at once, in this order; return what each got."""
    found: list[object] = [None] * len(names)

    def add(place: int, name: str) -> None:
        try:
            found[place] = batcher.run(ADD, {"name": name}, batch_key=name)
        except psycopg.Error as error:
            found[place] = error

    with occupy_connection(batcher, conninfo):
        threads = [threading.Thread(target=add, args=each) for each in enumerate(names)]
        for count, thread in enumerate(threads, start=1):
            thread.start()
            wait_until(lambda count=count: len(batcher._waiting) == count)
    for thread in threads:
        thread.join(60)
    return found


def test_batched_statements_share_a_transaction_and_get_their_own_results(
    batcher: StatementBatcher, items: psycopg.Connection[tuple[str]], conninfo: str
) -> None:
    get_backend_pid(batcher)
    found = run_together(batcher, conninfo, ["c", "a", "c", "b"])
    rows = [each for each in found if isinstance(each, tuple)]
    assert sorted(name for name, _ in rows) == ["a", "b", "c"]
    assert len({transaction for _, transaction in rows}) == 1
    # A repeated value is stored once, and the second caller gets no row.
    assert found.count(None) == 1
    assert items.execute("SELECT count(*) FROM items").fetchone() == (3,)


def test_switched_off_each_statement_has_its_own_transaction_and_the_same_result(
    batcher: StatementBatcher, items: psycopg.Connection[tuple[str]], conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MAX_BATCH_SIZE", 1)
    get_backend_pid(batcher)
    found = run_together(batcher, conninfo, ["c", "a", "c", "b"])
    rows = [each for each in found if isinstance(each, tuple)]
    assert sorted(name for name, _ in rows) == ["a", "b", "c"]
    assert len({transaction for _, transaction in rows}) == 3
    assert found.count(None) == 1


def test_failed_statement_does_not_fail_its_batch(
    batcher: StatementBatcher, items: psycopg.Connection[tuple[str]], conninfo: str
) -> None:
    first = get_backend_pid(batcher)
    found = run_together(batcher, conninfo, ["a", "b", "far too long", "c"])
    assert [isinstance(each, tuple) for each in found] == [True, True, False, True]
    assert isinstance(found[2], psycopg.errors.StringDataRightTruncation)
    assert items.execute("SELECT string_agg(name, '' ORDER BY name) FROM items").fetchone() == ("abc",)
    assert get_backend_pid(batcher) == first


def test_batch_is_retried_on_a_new_connection(
    batcher: StatementBatcher, items: psycopg.Connection[tuple[str]], conninfo: str
) -> None:
    first = get_backend_pid(batcher)
    with items.transaction():
        # Inserting a taken name waits for the other transaction; the connection is cut at that point.
        items.execute("INSERT INTO items VALUES ('b')")
        results: list[list[object]] = []
        thread = threading.Thread(target=lambda: results.append(run_together(batcher, conninfo, ["a", "b", "c"])))
        thread.start()
        with psycopg.connect(conninfo, autocommit=True) as other:
            blocked = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
            wait_until(lambda: other.execute(blocked, (first,)).fetchone())
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
    thread.join(60)
    assert [isinstance(each, tuple) for each in results[0]] == [True, False, True]
    assert results[0][1] is None
    assert items.execute("SELECT count(*) FROM items").fetchone() == (3,)


def test_failed_connection_fails_the_whole_batch(
    batcher: StatementBatcher, items: psycopg.Connection[tuple[str]], conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get_backend_pid(batcher)
    with items.transaction():
        items.execute("INSERT INTO items VALUES ('b')")
        errors: list[Exception] = []

        def add(name: str) -> None:
            try:
                batcher.run(ADD, {"name": name}, batch_key=name)
            except (BatcherBusy, psycopg.OperationalError) as error:
                errors.append(error)

        with occupy_connection(batcher, conninfo):
            threads = [threading.Thread(target=add, args=(name,)) for name in "bc"]
            for count, thread in enumerate(threads, start=1):
                thread.start()
                wait_until(lambda count=count: len(batcher._waiting) == count)
        with psycopg.connect(conninfo, autocommit=True) as other:
            blocked = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
            wait_until(lambda: other.execute(blocked, (first,)).fetchone())
            monkeypatch.setattr(batcher, "_conninfo", "postgresql://127.0.0.1:1/none")
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
        for thread in threads:
            thread.join(60)
    assert {type(error) for error in errors} == {BatcherBusy, psycopg.OperationalError}
    assert batcher._free == [None]
