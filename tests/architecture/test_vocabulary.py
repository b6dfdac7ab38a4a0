"""The code uses the field's standard terms: names, public functions, docstrings and comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.code import ROOT, format_location, list_files, list_python_files
from tests.architecture.vocabulary import FORBIDDEN, VERBS, check_document, list_violations, split_identifier

FILES = [
    str(path.relative_to(ROOT)) for path in list_python_files("portal", "sandbox", "demo", "bench", "scripts", "tests")
]


@pytest.mark.parametrize("name", FILES)
def test_file_uses_standard_terms(name: str) -> None:
    found = list_violations(ROOT / name)
    assert not found, "\n".join(found)


# Its subject is how to write: it quotes what not to.
@pytest.mark.parametrize("path", [path for path in list_files(".md") if path.name != "writing.md"], ids=format_location)
def test_document_uses_standard_terms(path: Path) -> None:
    found = list(check_document(path))
    assert not found, "\n".join(found)


def test_identifiers_are_split_at_underscores_and_camel_case() -> None:
    assert split_identifier("_SseConnection") == ["sse", "connection"]
    assert split_identifier("parse_HTTPSUrl2") == ["parse", "https", "url", "2"]


def test_rules_do_not_contradict_each_other() -> None:
    assert VERBS & FORBIDDEN.keys() == set()


@pytest.mark.parametrize(
    ("code", "complaints"),
    [
        ('"""Lists people."""\n\n\ndef list_people() -> None: ...\n', 0),
        ('"""Tells whoever looks."""\n', 3),
        ("def people() -> None: ...\n", 1),
        ("def list() -> None: ...\n", 1),
        ("def _people() -> None: ...\n", 0),
        ("class Errand:\n    lane = 1\n", 2),
        ("userinfo_endpoint = 1\nuser = 2\n", 1),
        ("def parse_user_agent() -> None: ...\n", 0),
        ("user_agent_of_user = 1\n", 1),
        ("@bp.get('/')\ndef build_page() -> str: ...\n", 1),
        ("@bp.post('/')\ndef build_page() -> str: ...\n", 0),
        ("class A:\n    @property\n    def open(self) -> bool: ...\n", 1),
        ("# Somebody knows.\nx = 1  # noqa: S101\n", 2),
    ],
)
def test_rules_find_what_they_are_for(
    code: str, complaints: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.architecture.code.ROOT", tmp_path)
    path = tmp_path / "example.py"
    path.write_text(code, encoding="utf-8")
    assert len(list_violations(path)) == complaints


@pytest.mark.parametrize(
    ("code", "complaints"),
    [
        ("def make_person() -> None: ...\n", 0),
        ("def person() -> None: ...\n", 1),
        ("def test_people_are_listed() -> None: ...\n", 0),
        ("def test_stranger_is_told() -> None: ...\n", 2),
        ("@pytest.fixture\ndef person() -> None: ...\n", 0),
        ("@pytest.fixture(scope='module')\ndef person() -> None: ...\n", 0),
    ],
)
def test_tests_and_fixtures_need_no_verb(
    code: str, complaints: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.architecture.code.ROOT", tmp_path)
    path = tmp_path / "tests" / "example.py"
    path.parent.mkdir()
    path.write_text(code, encoding="utf-8")
    assert len(list_violations(path)) == complaints
