"""Reading changes nothing: every GET and HEAD twice, by everybody, with everything the database holds compared."""

from __future__ import annotations

import pytest

from tests.integration.matrix.dump import AUDITED, SEEN, beyond
from tests.integration.matrix.table import ACTORS, routes_of
from tests.integration.matrix.town import SITTER, Town


@pytest.mark.parametrize("name", [*ACTORS, SITTER])
def test_reading_changes_nothing(name: str, town: Town) -> None:
    actor = town.actor(name)
    for route in routes_of(town.app):
        if route.is_unsafe or (name == SITTER and not route.arguments <= town.things[SITTER].keys()):
            continue
        before = town.dump()
        answers = [actor.lawful(route) for _ in range(2)]
        # That somebody was turned away is noted each time.
        allowed = SEEN | route.row.may_touch | (AUDITED if answers[0].status_code == 403 else frozenset())
        assert beyond(before, town.dump(), allowed) == set(), route


def test_opening_the_studio_is_noted_once(town: Town) -> None:
    sitter = town.actor(SITTER)
    sitter.call("GET", "/headshots/studio")
    once = town.dump()
    sitter.call("GET", "/headshots/studio")
    assert beyond(once, town.dump(), SEEN | {"shoots.last_opened_at"}) == set()
    [(marks,)] = town.connection.execute("SELECT count(*) FROM audit_entries WHERE action = 'shoot.opened'").fetchall()
    assert marks == 1
