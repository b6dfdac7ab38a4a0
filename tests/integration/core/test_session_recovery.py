"""A create that returned an id which does not exist: the sweep finds the session by its address, or gets another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.models import waiting_room
from portal.models.shoots import Shoot
from portal.services import erasure, fsck, sweep
from tests.factories import NOW, make_consent, make_person, make_shoot
from tests.integration.core.worked_example import WorkedExample


def make_unconfirmed_shoot(worked_example: WorkedExample, **fields: object) -> Shoot:
    """A shoot whose session was named by the response to its create and by nothing else."""
    person = make_person()
    make_consent(person)
    values: dict[str, object] = {
        "provider_status": "onboarding", "confirmed_by": "create", "confirmed_at": NOW, "attempts": 1, "minted_at": NOW,
    }  # fmt: skip
    return make_shoot(person, **(values | fields))


def reconcile_twice(worked_example: WorkedExample) -> None:
    for _ in range(2):
        sweep.reconcile_shoots(worked_example.portal)
        worked_example.clock.advance(minutes=10)


def test_the_real_session_is_adopted_by_its_address(worked_example: WorkedExample) -> None:
    shoot = make_unconfirmed_shoot(worked_example)
    email = worked_example.query("SELECT email FROM people")[0][0]
    real = worked_example.provider.add(email, "waiting")
    event = {"_id": real.id, "status": "waiting"}
    worked_example.send({"id": "e1", "event": "model.status.updated", "object": event})
    worked_example.work()
    assert worked_example.query("SELECT state FROM deliveries") == [("ignored",)]
    reconcile_twice(worked_example)
    adopted = worked_example.shoot(shoot)
    assert (adopted.provider_id, adopted.provider_status, adopted.missing_since) == (real.id, "waiting", None)
    worked_example.work()
    assert worked_example.query("SELECT state FROM deliveries") == [("applied",)]
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []
    assert worked_example.provider.called("create_model") == 0


def test_without_any_session_another_is_created(worked_example: WorkedExample) -> None:
    shoot = make_unconfirmed_shoot(worked_example)
    worked_example.clock.advance(minutes=1)
    reconcile_twice(worked_example)
    reopened = worked_example.shoot(shoot)
    assert (reopened.provider_id, reopened.provider_status, reopened.signed_url) == (None, None, None)
    assert waiting_room.count_missing_jobs() == 0
    worked_example.work()
    created = worked_example.shoot(shoot)
    assert created.provider_id in worked_example.provider.models
    assert created.signed_url is not None
    # It was searched for before another was created.
    assert worked_example.provider.called("create_model") == 1
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


def test_one_missing_read_changes_nothing(worked_example: WorkedExample) -> None:
    shoot = make_unconfirmed_shoot(worked_example)
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.clock.advance(minutes=1)
    sweep.reconcile_shoots(worked_example.portal)
    assert worked_example.shoot(shoot).provider_id == shoot.provider_id
    assert worked_example.shoot(shoot).missing_since is not None


@pytest.mark.parametrize("how", ["check", "event"])
def test_session_that_existed_before_counts_as_deleted(worked_example: WorkedExample, how: str) -> None:
    shoot = make_unconfirmed_shoot(worked_example, confirmed_by=how)
    reconcile_twice(worked_example)
    assert worked_example.shoot(shoot).provider_status == "deleted"


def test_a_session_of_another_person_is_not_adopted(worked_example: WorkedExample) -> None:
    shoot = make_unconfirmed_shoot(worked_example)
    email = worked_example.query("SELECT email FROM people WHERE id = %(id)s", id=shoot.person_id)[0][0]
    real = worked_example.provider.add(email, "waiting")
    other = make_shoot(make_person(), provider_id=real.id, provider_status="waiting")
    reconcile_twice(worked_example)
    assert worked_example.shoot(other).provider_id == real.id
    assert worked_example.shoot(shoot).provider_id is None


def test_concurrent_erasure_ends_the_recovery(worked_example: WorkedExample) -> None:
    shoot = make_unconfirmed_shoot(worked_example, missing_since=NOW - timedelta(minutes=6))
    erasure.request_erasure(shoot.person_id, worked_example.portal)
    sweep.reconcile_shoots(worked_example.portal)
    assert worked_example.query("SELECT count(*) FROM shoots WHERE closed_at IS NULL") == [(0,)]
