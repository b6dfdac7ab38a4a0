"""The pool's queue: first come, first served, also when callers give up."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import create_engine
from sqlalchemy.util.queue import Empty, Full

from portal.db.fair_pool import FairPool, FairQueue


def test_waiting_threads_are_served_in_the_order_of_arrival() -> None:
    queue: FairQueue[int] = FairQueue(1)
    served: list[int] = []

    def wait(number: int) -> None:
        item = queue.get(timeout=60)
        served.append(number)
        queue.put(item)

    threads = []
    for number in range(12):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(queue._waiting) <= number:
            time.sleep(0.001)
    queue.put(1)
    for thread in threads:
        thread.join(60)
    assert served == list(range(12))
    assert queue.qsize() == 1


def test_new_thread_does_not_overtake_waiting_threads() -> None:
    queue: FairQueue[int] = FairQueue(1)
    first = threading.Thread(target=queue.get)
    first.start()
    while not queue._waiting:
        time.sleep(0.001)
    queue.put(1)
    with pytest.raises(Empty):
        queue.get(False)
    first.join(60)


def test_giving_up_loses_no_item() -> None:
    queue: FairQueue[int] = FairQueue(1)
    with pytest.raises(Empty):
        queue.get(timeout=0.01)
    queue.put(1)
    with pytest.raises(Full):
        queue.put(2)
    assert queue.get_nowait() == 1
    assert queue.empty()


def test_the_engine_uses_it() -> None:
    engine = create_engine("sqlite://", poolclass=FairPool, pool_size=2, max_overflow=0, pool_timeout=0.05)
    with engine.connect(), engine.connect(), pytest.raises(Exception, match="QueuePool limit of size 2"):
        engine.connect()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()
