"""Length limits of files, functions, views and lines; every exception is listed with its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.architecture.code import ROOT, list_files, list_python_files, parse_file

CODE = ("portal", "sandbox", "demo", "bench")
MAX_FUNCTION = 40
# A test of a whole journey reads best from top to bottom.
MAX_TEST_FUNCTION = 60
MAX_VIEW = 25
MAX_FILE = 300
MAX_TEST_FILE = 400
MAX_TEMPLATE_LINE = 160
MAX_CSS_LINE = 120

LONG_FUNCTIONS = {
    "portal/migrations/versions/0002_portal.py upgrade": "one migration makes all tables of the first version",
    "portal/migrations/versions/0006_notices.py upgrade": "one table with its indexes, statement by statement",
}
LONG_FILES = {
    "sandbox/studio/static/studio.css": "one stylesheet for the whole studio, as its pages load it in one request",
}

_STRING = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_SENTENCE = re.compile(rf"\b(?:_|ngettext)\({_STRING}(?:, {_STRING})?")
_ROUTE = re.compile(r"\.(?:get|post|put|patch|delete|route)\(")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(*folders: str) -> Iterator[tuple[str, Function]]:
    for path in list_python_files(*folders):
        for node in ast.walk(parse_file(path)):
            if isinstance(node, Function):
                yield f"{path.relative_to(ROOT)} {node.name}", node


def _length(function: Function) -> int:
    """Return the lines from ``def`` to the end, docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _check_exceptions(too_long: Mapping[str, int], exceptions: Mapping[str, str]) -> None:
    assert not too_long.keys() - exceptions.keys(), f"split these: {too_long}"
    assert not exceptions.keys() - too_long.keys(), "these exceptions are no longer needed"


def test_functions_have_at_most_40_lines() -> None:
    lengths = {name: _length(function) for name, function in _functions(*CODE, "tests")}
    assert len(lengths) > 1000
    limits = {name: MAX_TEST_FUNCTION if name.startswith("tests/") else MAX_FUNCTION for name in lengths}
    _check_exceptions({name: length for name, length in lengths.items() if length > limits[name]}, LONG_FUNCTIONS)


def test_views_have_at_most_25_lines() -> None:
    views = {
        name: _length(function)
        for name, function in _functions("portal/web")
        if any(_ROUTE.search(ast.unparse(decorator)) for decorator in function.decorator_list)
    }
    assert len(views) > 30
    _check_exceptions({name: length for name, length in views.items() if length > MAX_VIEW}, {})


def test_files_have_at_most_300_lines() -> None:
    written = [path for suffix in (".py", ".js", ".html", ".css") for path in list_files(suffix)]
    assert len(written) > 300
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in written}
    limits = {name: MAX_TEST_FILE if name.startswith("tests/") else MAX_FILE for name in lengths}
    _check_exceptions({name: length for name, length in lengths.items() if length > limits[name]}, LONG_FILES)


@pytest.mark.parametrize(("suffix", "limit"), [(".html", MAX_TEMPLATE_LINE), (".css", MAX_CSS_LINE)])
def test_lines_of_templates_and_styles_are_short(suffix: str, limit: int) -> None:
    """A sentence for people counts as one word: it stays in one piece, so that a search for it finds it."""
    too_long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in list_files(suffix)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(_SENTENCE.sub('_("…"', line)) > limit
    ]
    assert not too_long, f"break lines of more than {limit} characters: {too_long}"


def test_translated_sentence_in_a_template_is_not_counted() -> None:
    assert _SENTENCE.sub("", """<p>{{ _('It\\'s "' ~ x) }}</p>""") == "<p>{{  ~ x) }}</p>"
    assert _SENTENCE.sub("", """{{ ngettext("%(num)s day", "%(num)s days", n) }}""") == "{{ , n) }}"


def test_paths_of_exceptions_exist() -> None:
    assert all(Path(ROOT / name.split()[0]).exists() for name in (*LONG_FUNCTIONS, *LONG_FILES))
