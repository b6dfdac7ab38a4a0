"""Imports between files of the tests: the names exist, and no file of tests is imported."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.architecture.code import ROOT, parse_file

TESTS = ROOT / "tests"


@cache
def _bound_names(path: Path) -> set[str]:
    """Return the names a module's top level binds."""
    names: set[str] = set()
    for node in parse_file(path).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(each.asname or each.name).split(".")[0] for each in node.names}
        else:
            names |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names


def _missing_names(path: Path) -> list[str]:
    missing = []
    for node in ast.walk(parse_file(path)):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("tests"):
            continue
        source = ROOT / (node.module or "").replace(".", "/")
        module = source.with_suffix(".py")
        for name in (each.name for each in node.names):
            is_module = (source / f"{name}.py").exists() or (source / name).is_dir()
            if not is_module and not (module.exists() and name in _bound_names(module)):
                missing.append(f"{path}:{node.lineno} {node.module}.{name}")
    return missing


def _imported_test_files(path: Path) -> list[str]:
    found = []
    for node in ast.walk(parse_file(path)):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                modules = [module, *(f"{module}.{each.name}" for each in names)]
            case ast.Import(names=names):
                modules = [each.name for each in names]
            case _:
                continue
        found += [
            f"{path}:{node.lineno} {module}"
            for module in modules
            if module.startswith("tests.") and module.rpartition(".")[2].startswith("test_")
        ]
    return found


def test_names_imported_from_other_tests_exist() -> None:
    files = sorted(TESTS.rglob("*.py"))
    assert files
    assert [each for path in files for each in _missing_names(path)] == []


def test_files_of_tests_are_not_imported() -> None:
    """What several of them use is in conftest.py or in a module without tests."""
    assert [each for path in sorted(TESTS.rglob("*.py")) for each in _imported_test_files(path)] == []


def test_import_of_a_test_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "test_two.py"
    path.write_text("from tests.unit.test_one import x\nimport tests.unit.test_one\nfrom tests.unit import test_one\n")
    assert _imported_test_files(path) == [f"{path}:{line} tests.unit.test_one" for line in (1, 2, 3)]


def test_a_name_that_has_moved_is_found(tmp_path: Path) -> None:
    stale = tmp_path / "test_stale.py"
    stale.write_text("from tests.factories import make_person, make_nothing\n")
    assert _missing_names(stale) == [f"{stale}:1 tests.factories.make_nothing"]
