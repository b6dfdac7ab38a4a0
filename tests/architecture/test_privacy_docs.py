"""The privacy and security documentation agrees with the code and names tests that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from portal.domain.data_map import list_column_classes
from portal.models.stored_files import AREAS
from portal.presentation.audit_messages import ACTIONS
from portal.services.erasure_records import RECORD_AREA
from scripts.generate_docs import DATA_MAP_PAGE, RETENTION_PAGE, render_data_map, render_retention
from tests.architecture import asvs, privacy_requirements
from tests.architecture.code import ROOT
from tests.architecture.marks import list_marked_tests

THREATS = ROOT / "docs/threat-model"
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
STALE = "is stale: run `make docs`"


@pytest.mark.privacy("P17")
def test_data_map_page_agrees_with_the_code() -> None:
    assert DATA_MAP_PAGE.read_text(encoding="utf-8") == render_data_map(), f"{DATA_MAP_PAGE.name} {STALE}"
    assert all(f"| {name.split('.')[1]} |" in render_data_map() for name in list_column_classes())


def test_retention_page_agrees_with_the_code() -> None:
    assert RETENTION_PAGE.read_text(encoding="utf-8") == render_retention(), f"{RETENTION_PAGE.name} {STALE}"


def test_asvs_page_agrees_with_the_marks() -> None:
    assert asvs.PAGE.read_text(encoding="utf-8") == asvs.render_page(), f"{asvs.PAGE.name} {STALE}"


def test_each_asvs_item_has_a_test() -> None:
    assert set(asvs.list_items()) == set(list_marked_tests(asvs.MARK))
    assert len(asvs.list_items()) == 62


@pytest.mark.parametrize("page", sorted((ROOT / "docs/privacy").glob("*.md")), ids=lambda page: page.stem)
def test_named_settings_exist(page: Path) -> None:
    settings = json.loads((ROOT / "app.json").read_text(encoding="utf-8"))["env"]
    assert set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`", page.read_text(encoding="utf-8"))) <= settings.keys()


def test_breach_page_names_actions_of_the_audit_trail() -> None:
    named = re.findall(r"`(\w+\.\w+)`", (ROOT / "docs/privacy/breach.md").read_text(encoding="utf-8"))
    assert len(named) >= 3
    assert set(named) <= ACTIONS.keys()


def test_data_map_page_names_each_folder_of_the_storage() -> None:
    stored = {*(area.prefix for area in AREAS), RECORD_AREA}
    introduction = render_data_map().split("\n## ")[0]
    assert set(re.findall(r"`(\w+/)`", introduction)) == stored


def test_privacy_page_agrees_with_the_marks() -> None:
    page = privacy_requirements.PAGE
    assert page.read_text(encoding="utf-8") == privacy_requirements.render_page(), f"{page.name} {STALE}"


def test_each_privacy_requirement_has_a_test() -> None:
    assert set(privacy_requirements.list_items()) == set(list_marked_tests(privacy_requirements.MARK))
    assert list(privacy_requirements.list_items()) == [f"P{number:02}" for number in range(1, 21)]


@pytest.mark.parametrize("page", sorted(THREATS.glob("*.md")), ids=lambda page: page.stem)
def test_threats_name_tests_that_exist(page: object) -> None:
    text = (THREATS / str(page)).read_text(encoding="utf-8")
    named = _TEST.findall(text)
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []
    rows = [line for line in text.splitlines() if line.startswith("| ") and "|---" not in line][1:]
    if not str(page).endswith("README.md"):
        assert [row for row in rows if not _TEST.search(row)] == [], "a threat without a test"
        assert len(rows) >= 5


def test_every_boundary_has_its_page() -> None:
    assert {page.stem for page in THREATS.glob("*.md")} == {
        "README",
        "browser",
        "identity-provider",
        "studio-frame",
        "webhook",
        "photo-download",
        "operator",
        "database",
    }
