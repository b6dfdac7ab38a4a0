"""Every file: short, with a docstring, named after its content, free of leftovers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.code import ROOT, format_location, list_python_files, list_text_files, parse_file

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "shared", "lib"}
LEFTOVERS = {
    # Written in two parts, so that this file does not find itself.
    "an unfinished thought": re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"),
    "a path of somebody's machine": re.compile(r"(?<![\w.:/-])/(?:home|Users|root|work)/[\w.]"),
    "filler text": re.compile(r"lorem" r" ipsum", re.IGNORECASE),
    "naive time": re.compile(r"\butc" r"now\("),
    "a merge conflict": re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE),
}


def _names(paths: tuple[Path, ...]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("name", _names(list_python_files("portal", "sandbox", "demo")))
def test_modules_have_a_docstring(name: str) -> None:
    docstring = ast.get_docstring(parse_file(ROOT / name))
    assert docstring, f"{name} has no module docstring"
    assert docstring.splitlines()[0].rstrip().endswith((".", "…")), f"{name}: the first line is no sentence"


def test_modules_are_named_after_what_they_hold() -> None:
    empty = [
        format_location(path)
        for path in list_python_files("portal", "sandbox", "demo", "tests")
        if set(path.with_suffix("").parts) & EMPTY_NAMES
    ]
    assert not empty, f"these names say nothing: {empty}"


@pytest.mark.parametrize("what", LEFTOVERS)
def test_no_leftovers(what: str) -> None:
    found = []
    for path in list_text_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{format_location(path)}: {match.group()}" for match in LEFTOVERS[what].finditer(text)]
    assert not found, f"{what} was left in: {found}"
