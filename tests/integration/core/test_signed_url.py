"""The studio link is a password: encrypted at rest, sent to its owner alone, and reported as lost when it is."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from portal.domain.erasure import ErasureScope
from portal.domain.secretbox import SecretBox
from portal.domain.stages import Problem, Stage
from portal.models import people
from portal.services import journey, withdrawal
from portal.services.shoots import open_studio
from tests.integration.core.requested_shoot import get_stage, make_ready_person, press_start
from tests.integration.core.worked_example import WorkedExample


def test_database_holds_no_unencrypted_link(worked_example: WorkedExample, database_url: str) -> None:
    person = make_ready_person()
    press_start(person)
    worked_example.work()
    assert open_studio(person, worked_example.portal)
    seen = 0
    with psycopg.connect(database_url.replace("+psycopg", ""), connect_timeout=30) as connection:
        tables = connection.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables.fetchall():
            for (row,) in connection.execute(f"SELECT t::text FROM {table} AS t").fetchall():
                seen += 1
                assert "canary" not in row, table
                assert b"canary".hex() not in row, table
    assert seen > 5


def test_the_link_is_for_its_owner_in_the_studio_stage_only(worked_example: WorkedExample) -> None:
    owner, other = make_ready_person(), make_ready_person()
    shoot = press_start(owner)
    worked_example.work()
    assert open_studio(other, worked_example.portal) is None
    assert open_studio(owner, worked_example.portal) is not None

    for status in ("waiting", "pending", "active", "failed", "somethingNew"):
        worked_example.query(
            "UPDATE shoots SET provider_status = %(status)s WHERE id = %(id)s", status=status, id=shoot.id
        )
        assert open_studio(owner, worked_example.portal) is None, status
    worked_example.query("UPDATE shoots SET provider_status = 'onboarding'")
    assert open_studio(owner, worked_example.portal) is not None
    withdrawal.withdraw_consent(owner, ErasureScope.PICTURES, worked_example.portal)
    assert open_studio(owner, worked_example.portal) is None
    assert get_stage(owner) is Stage.WITHDRAWN


def test_link_encrypted_with_removed_key_is_reported_lost(worked_example: WorkedExample) -> None:
    person = make_ready_person()
    press_start(person)
    worked_example.work()
    other_key = replace(worked_example.portal, secretbox=SecretBox(["another-key-that-is-long-enough-too"]))
    before = people.get_version(person.id)
    assert open_studio(person, other_key) is None
    assert get_stage(person) is Stage.PROBLEM
    assert journey.get_journey(person).problem is Problem.LINK_LOST
    assert people.get_version(person.id) > before
