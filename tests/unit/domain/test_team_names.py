"""Spellings of one team: equal keys, and the first spelling written for all."""

from __future__ import annotations

import pytest

from portal.domain.team_names import TeamSpellings, build_team_key


@pytest.mark.parametrize(
    "spelling",
    [
        "Köln Vertrieb",
        "KÖLN VERTRIEB",
        " köln  vertrieb ",
        "Köln\u00a0Vertrieb",
        "Ko\u0308ln Vertrieb",
        "Ｋöln Vertrieb",
    ],
)
def test_case_spaces_and_unicode_form_make_no_other_team(spelling: str) -> None:
    assert build_team_key(spelling) == build_team_key("Köln Vertrieb")
    assert TeamSpellings(["Köln Vertrieb"]).get_spelling(spelling) == "Köln Vertrieb"


@pytest.mark.parametrize("other", ["Koln Vertrieb", "KölnVertrieb", "Köln-Vertrieb", "Köln"])
def test_other_names_are_other_teams(other: str) -> None:
    assert TeamSpellings(["Köln Vertrieb"]).get_spelling(other) == other


def test_first_spelling_counts_and_known_ones_stay_as_they_are() -> None:
    spellings = TeamSpellings(["sales  EMEA", "Sales EMEA"])
    assert spellings.get_spelling("SALES EMEA") == "sales  EMEA"
    assert spellings.get_spelling("Human  Resources") == "Human Resources"
    assert spellings.get_spelling("human resources") == "Human Resources"
