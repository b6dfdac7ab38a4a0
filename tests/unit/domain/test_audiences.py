"""Which searches of a campaign name a person, and who is chosen once one is deleted."""

from __future__ import annotations

import pytest

from portal.domain.audiences import Audience, NamedPerson
from portal.domain.roster_filter import RosterFilter

ZELDA = NamedPerson(["zelda.quist@corp.example"], ["Zelda van Quist", ""], ["Q-17"])


@pytest.mark.parametrize(
    ("search", "is_naming"),
    [
        ("Zelda", True),
        ("quist", True),
        ("zelda.quist", True),
        ("zelda.quist@corp", True),
        ("ZELDA.QUIST@CORP.EXAMPLE", True),
        ("q-17", True),
        ("Zelda Qu", True),
        ("Zeld", True),
        ("zelda.quis", True),
        ("van Q", True),
        ("quist,zelda", True),
        ("ze", False),
        ("va", False),
        ("vanessa", False),
        ("elda", False),
        ("q-1", False),
        ("zelda.quist@corp.example.org", True),
        ("sales", False),
    ],
)
def test_search_names_a_person(search: str, is_naming: bool) -> None:
    assert Audience(roster=RosterFilter(search=search)).is_naming(ZELDA) is is_naming


@pytest.mark.parametrize(
    ("search", "is_naming"),
    [("Li", True), ("anne", True), ("klein", True), ("w", False), ("de", True), ("de boer", False), ("", False)],
)
def test_short_and_double_names(search: str, is_naming: bool) -> None:
    person = NamedPerson(["wli@corp.example"], ["Wei Li", "Anne-Marie de Klein-Huber"])
    assert Audience(roster=RosterFilter(search=search)).is_naming(person) is is_naming


@pytest.mark.parametrize("audience", [Audience(everyone=True), Audience(roster=RosterFilter(team="Zelda"))])
def test_without_a_search_no_person_is_named(audience: Audience) -> None:
    assert not audience.is_naming(ZELDA)


def test_deleted_search_leaves_no_text_and_chooses_no_one() -> None:
    audience = Audience(roster=RosterFilter(search="Zelda", team="Sales"))
    stored = audience.delete_search().to_json()
    assert stored == {"everyone": False, "teams": [], "groups": [], "search_deleted": True}
    assert Audience.from_json(stored) == Audience(is_search_deleted=True)
