"""Reading changes nothing: every GET and HEAD twice, in every role, with the whole database compared."""

from __future__ import annotations

import pytest

from tests.integration.matrix.database_dump import AUDITED, SEEN, list_unexpected_changes
from tests.integration.matrix.directory_fixture import IN_STUDIO, DirectoryFixture
from tests.integration.matrix.table import ACTORS, list_routes


@pytest.mark.parametrize("name", [*ACTORS, IN_STUDIO])
@pytest.mark.asvs("A14")
def test_reading_changes_nothing(name: str, directory: DirectoryFixture) -> None:
    actor, before = directory.actor(name), directory.dump()
    for route in list_routes(directory.app):
        if route.is_unsafe or (name == IN_STUDIO and not route.arguments <= directory.ids[IN_STUDIO].keys()):
            continue
        responses = [actor.submit(route) for _ in range(2)]
        # Each refused access is audited.
        allowed = SEEN | route.row.may_touch | (AUDITED if responses[0].status_code == 403 else frozenset())
        after = directory.dump()
        assert list_unexpected_changes(before, after, allowed) == set(), route
        before = after


def test_opening_the_studio_is_audited_once(directory: DirectoryFixture) -> None:
    person_in_studio = directory.actor(IN_STUDIO)
    person_in_studio.call("GET", "/headshots/studio")
    once = directory.dump()
    person_in_studio.call("GET", "/headshots/studio")
    assert list_unexpected_changes(once, directory.dump(), SEEN | {"shoots.last_opened_at"}) == set()
    [(marks,)] = directory.connection.execute(
        "SELECT count(*) FROM audit_entries WHERE action = 'shoot.opened'"
    ).fetchall()
    assert marks == 1
