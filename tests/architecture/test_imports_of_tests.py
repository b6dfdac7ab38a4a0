"""What a test file imports from another file of the tests exists there, also where no fast run collects it."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path("tests")


def _bound_names(path: Path) -> set[str]:
    """Return the names a module's top level binds."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(each.asname or each.name).split(".")[0] for each in node.names}
        else:
            names |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names


def _missing_names(path: Path) -> list[str]:
    missing = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("tests"):
            continue
        source = Path((node.module or "").replace(".", "/"))
        module = source.with_suffix(".py")
        for name in (each.name for each in node.names):
            is_module = (source / f"{name}.py").exists() or (source / name).is_dir()
            if not is_module and not (module.exists() and name in _bound_names(module)):
                missing.append(f"{path}:{node.lineno} {node.module}.{name}")
    return missing


def test_names_imported_from_other_tests_exist() -> None:
    files = sorted(TESTS.rglob("*.py"))
    assert files
    assert [each for path in files for each in _missing_names(path)] == []


def test_a_name_that_has_moved_is_found(tmp_path: Path) -> None:
    stale = tmp_path / "test_stale.py"
    stale.write_text("from tests.factories import make_person, make_nothing\n")
    assert _missing_names(stale) == [f"{stale}:1 tests.factories.make_nothing"]
