"""Reads the marks of tests that name a requirement, such as ``@pytest.mark.asvs("A13")``."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.architecture.code import ROOT, list_python_files, parse_file


def list_marked_tests(mark: str) -> dict[str, list[str]]:
    """Return the files of the tests that carry a mark, by the requirements it names."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in list_python_files("tests"):
        for node in ast.walk(parse_file(path)):
            if isinstance(node, ast.FunctionDef):
                for item in _list_items_of(node, mark):
                    found[item].append(path.relative_to(ROOT).as_posix())
    return found


def _list_items_of(function: ast.FunctionDef, mark: str) -> list[str]:
    marks = [each for each in function.decorator_list if isinstance(each, ast.Call)]
    marks = [each for each in marks if ast.unparse(each.func) == f"pytest.mark.{mark}"]
    return [str(argument.value) for each in marks for argument in each.args if isinstance(argument, ast.Constant)]
