"""Where an act comes from is known inside the act alone: not after it, and not in what runs beside it."""

from __future__ import annotations

from contextvars import copy_context
from threading import Thread

import gevent
import pytest

from portal.domain.audit_context import AuditContext, Channel, get_audit_context, open_audit_context, set_audit_context

WEB = AuditContext(Channel.WEB, "r1", "d1")


def test_unused_metrics_are_absent() -> None:
    assert get_audit_context() == AuditContext()


def fail_as(context: AuditContext) -> None:
    with open_audit_context(context):
        assert get_audit_context() == context
        raise ZeroDivisionError


def test_context_is_set_inside_the_block_only() -> None:
    with open_audit_context(AuditContext(Channel.WORKER)):
        with pytest.raises(ZeroDivisionError):
            fail_as(WEB)
        assert get_audit_context() == AuditContext(Channel.WORKER)
    assert get_audit_context() == AuditContext()


def test_context_can_be_set_and_reset_without_a_block() -> None:
    def act() -> None:
        set_audit_context(WEB)
        assert get_audit_context() == WEB
        set_audit_context(None)
        assert get_audit_context() == AuditContext()

    copy_context().run(act)


def test_threads_and_greenlets_have_their_own_context() -> None:
    seen: dict[str, AuditContext] = {}

    def act(name: str) -> None:
        seen[f"{name} before"] = get_audit_context()
        set_audit_context(AuditContext(Channel.WEB, name))
        gevent.sleep(0)
        seen[name] = get_audit_context()

    gevent.joinall([gevent.spawn(act, name) for name in ("a", "b")], raise_error=True)
    thread = Thread(target=act, args=("c",))
    thread.start()
    thread.join(60)
    assert [seen[name].request_id for name in ("a", "b", "c")] == ["a", "b", "c"]
    assert {seen[f"{name} before"] for name in ("a", "b", "c")} == {AuditContext()}
    assert get_audit_context() == AuditContext()
