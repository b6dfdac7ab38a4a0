"""Where an act comes from is known inside the act alone: not after it, and not in what runs beside it."""

from __future__ import annotations

from contextvars import copy_context
from threading import Thread

import gevent
import pytest

from portal.domain.caller import Caller, Channel, calling, current_caller, set_caller

WEB = Caller(Channel.WEB, "r1", "d1")


def test_nothing_is_known_of_what_nobody_called() -> None:
    assert current_caller() == Caller()


def fail_as(caller: Caller) -> None:
    with calling(caller):
        assert current_caller() == caller
        raise ZeroDivisionError


def test_it_is_known_inside_the_block_alone_even_when_it_fails() -> None:
    with calling(Caller(Channel.WORKER)):
        with pytest.raises(ZeroDivisionError):
            fail_as(WEB)
        assert current_caller() == Caller(Channel.WORKER)
    assert current_caller() == Caller()


def test_it_can_be_set_and_taken_back_where_no_block_fits() -> None:
    def act() -> None:
        set_caller(WEB)
        assert current_caller() == WEB
        set_caller(None)
        assert current_caller() == Caller()

    copy_context().run(act)


def test_threads_and_greenlets_side_by_side_know_their_own() -> None:
    seen: dict[str, Caller] = {}

    def act(name: str) -> None:
        seen[f"{name} before"] = current_caller()
        set_caller(Caller(Channel.WEB, name))
        gevent.sleep(0)
        seen[name] = current_caller()

    gevent.joinall([gevent.spawn(act, name) for name in ("a", "b")], raise_error=True)
    thread = Thread(target=act, args=("c",))
    thread.start()
    thread.join(30)
    assert [seen[name].request_id for name in ("a", "b", "c")] == ["a", "b", "c"]
    assert {seen[f"{name} before"] for name in ("a", "b", "c")} == {Caller()}
    assert current_caller() == Caller()
