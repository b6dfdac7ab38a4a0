"""The statement batcher: dead connections, failing statements, and the order of waiting callers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import LiteralString

import psycopg
import pytest

from portal.db import batching
from portal.db.batching import BatcherBusy, StatementBatcher
from tests.waiting import wait_until

PID: LiteralString = "SELECT pg_backend_pid()"
SLEEP: LiteralString = "SELECT pg_sleep(%(seconds)s)"


@pytest.fixture
def conninfo(database_url: str) -> str:
    return database_url.replace("+psycopg", "")


@pytest.fixture
def batcher(conninfo: str) -> Iterator[StatementBatcher]:
    batcher = StatementBatcher(conninfo, 1)
    yield batcher
    batcher.close()


def get_backend_pid(batcher: StatementBatcher) -> int:
    row = batcher.run(PID, {})
    assert row is not None
    return int(row[0])


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
    with ExitStack() as stack:
        occupy_connection(batcher, stack, seconds=0.3)
        wait_until(lambda: opened, seconds=5)
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
    with ExitStack() as stack:
        occupy_connection(batcher, stack, seconds=0.6)
        with pytest.raises(BatcherBusy):
            batcher.run(PID, {})
    assert get_backend_pid(batcher) > 0
    batcher.close()


def test_queue_is_first_in_first_out(batcher: StatementBatcher) -> None:
    order: list[int] = []

    def wait(number: int) -> None:
        batcher.run(SLEEP, {"seconds": 0.02})
        order.append(number)

    with ExitStack() as stack:
        occupy_connection(batcher, stack, seconds=0.5)
        threads = [threading.Thread(target=wait, args=(number,)) for number in range(8)]
        for count, thread in enumerate(threads, start=1):
            thread.start()
            wait_until(lambda count=count: len(batcher._waiting) == count, seconds=5)
        for thread in threads:
            thread.join(10)
    assert order == list(range(8))


ADD: LiteralString = "INSERT INTO items VALUES (%(name)s) ON CONFLICT DO NOTHING RETURNING name, txid_current()"


def run_together(batcher: StatementBatcher, names: list[str]) -> list[object]:
    """Let these wait for the batcher at once, in this order; return what each got."""
    found: list[object] = [None] * len(names)

    def add(place: int, name: str) -> None:
        try:
            found[place] = batcher.run(ADD, {"name": name}, batch_key=name)
        except psycopg.Error as error:
            found[place] = error

    with ExitStack() as stack:
        occupy_connection(batcher, stack, seconds=0.5)
        threads = [threading.Thread(target=add, args=each) for each in enumerate(names)]
        for count, thread in enumerate(threads, start=1):
            thread.start()
            wait_until(lambda count=count: len(batcher._waiting) == count, seconds=5)
        for thread in threads:
            thread.join(10)
    return found


@pytest.fixture
def items(conninfo: str) -> Iterator[psycopg.Connection[tuple[str]]]:
    """A table of names, each of at most five letters."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE items (name varchar(5) PRIMARY KEY)")
        yield connection


def test_batched_statements_share_a_transaction_and_get_their_own_results(
    batcher: StatementBatcher, items: psycopg.Connection[tuple[str]]
) -> None:
    get_backend_pid(batcher)
    found = run_together(batcher, ["c", "a", "c", "b"])
    rows = [each for each in found if isinstance(each, tuple)]
    assert sorted(name for name, _ in rows) == ["a", "b", "c"]
    assert len({transaction for _, transaction in rows}) == 1
    # A repeated value is stored once, and the second caller gets no row.
    assert found.count(None) == 1
    assert items.execute("SELECT count(*) FROM items").fetchone() == (3,)


def test_switched_off_each_statement_has_its_own_transaction_and_the_same_result(
    batcher: StatementBatcher, items: psycopg.Connection[tuple[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MAX_BATCH_SIZE", 1)
    get_backend_pid(batcher)
    found = run_together(batcher, ["c", "a", "c", "b"])
    rows = [each for each in found if isinstance(each, tuple)]
    assert sorted(name for name, _ in rows) == ["a", "b", "c"]
    assert len({transaction for _, transaction in rows}) == 3
    assert found.count(None) == 1


def test_failed_statement_does_not_fail_its_batch(
    batcher: StatementBatcher, items: psycopg.Connection[tuple[str]]
) -> None:
    first = get_backend_pid(batcher)
    found = run_together(batcher, ["a", "b", "far too long", "c"])
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
        thread = threading.Thread(target=lambda: results.append(run_together(batcher, ["a", "b", "c"])))
        thread.start()
        with psycopg.connect(conninfo, autocommit=True) as other:
            blocked = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
            wait_until(lambda: other.execute(blocked, (first,)).fetchone(), seconds=5)
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
    thread.join(20)
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

        with ExitStack() as stack:
            occupy_connection(batcher, stack, seconds=0.5)
            threads = [threading.Thread(target=add, args=(name,)) for name in "bc"]
            for count, thread in enumerate(threads, start=1):
                thread.start()
                wait_until(lambda count=count: len(batcher._waiting) == count, seconds=5)
        with psycopg.connect(conninfo, autocommit=True) as other:
            blocked = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
            wait_until(lambda: other.execute(blocked, (first,)).fetchone(), seconds=5)
            monkeypatch.setattr(batcher, "_conninfo", "postgresql://127.0.0.1:1/none")
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
        for thread in threads:
            thread.join(20)
    assert {type(error) for error in errors} == {BatcherBusy, psycopg.OperationalError}
    assert batcher._free == [None]


def occupy_connection(batcher: StatementBatcher, stack: ExitStack, *, seconds: float) -> None:
    """Keep the batcher's only connection busy in a thread, and return once it is."""
    thread = threading.Thread(target=batcher.run, args=(SLEEP, {"seconds": seconds}))
    thread.start()
    stack.callback(thread.join, 10)
    wait_until(lambda: not batcher._free, seconds=5)
