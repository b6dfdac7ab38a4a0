"""Resetting a photo session: deleted at the provider and closed here, also when the worker stops in between."""

from __future__ import annotations

import pytest

from portal.domain.errors import NotFound
from portal.domain.stages import Stage
from portal.models import shoots
from portal.services import journey, session_reset
from tests.factories import make_consent, make_person, make_shoot
from tests.integration.core.worked_example import WorkedExample


class Stopped(BaseException):
    """The worker is killed here."""


def stop_at_failpoint(point: str) -> None:
    if point == "reset.after_delete":
        raise Stopped


def test_reset_stopped_after_the_deletion_closes_the_session_when_run_again(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, admin = make_person(), make_person("cleo@example.com", role="admin")
    make_consent(person)
    shoot = make_shoot(person, provider_status="waiting")
    session_reset.request_reset(person.id, actor=admin, now=worked_example.clock.now)
    with monkeypatch.context() as patch:
        patch.setattr(session_reset, "failpoint", stop_at_failpoint)
        with pytest.raises(Stopped):
            session_reset.reset_session(shoot.id, worked_example.portal)
    worked_example.work()
    assert shoots.find_open(person.id) is None
    assert journey.get_journey(person).stage is Stage.DELETED
    assert worked_example.provider.calls.count("delete_model") == 2


def test_person_without_a_session_cannot_be_reset(worked_example: WorkedExample) -> None:
    person, admin = make_person(), make_person("cleo@example.com", role="admin")
    with pytest.raises(NotFound):
        session_reset.request_reset(person.id, actor=admin, now=worked_example.clock.now)
