"""Reads the project's files for the architecture tests, without checking anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT_FOLDERS = ("portal", "sandbox", "demo", "templates", "static", "docs", "tests", "bench", "scripts", ".ci")
TEXT_SUFFIXES = {".py", ".html", ".css", ".js", ".mjs", ".md", ".txt", ".toml", ".json", ".yml", ".yaml", ".sql", ""}


@cache
def list_python_files(*folders: str) -> tuple[Path, ...]:
    """Return every Python file below these folders of the project."""
    return tuple(sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")))


@cache
def list_files(suffix: str) -> tuple[Path, ...]:
    """Return every file with this suffix that people write, on the top level and in the folders of the project."""
    return tuple(path for path in list_text_files() if path.suffix == suffix)


@cache
def list_text_files() -> tuple[Path, ...]:
    """Return every file of the project that people write, but the locks."""
    inside = [path for folder in TEXT_FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    # In a linked work tree .git is a file that contains the repository's path.
    on_top = [
        path
        for path in ROOT.iterdir()
        if path.is_file() and not path.name.startswith("requirements") and path.name != ".git"
    ]
    written = [path for path in inside + on_top if path.suffix in TEXT_SUFFIXES and "__pycache__" not in path.parts]
    return tuple(sorted(written))


@cache
def parse_file(path: Path) -> ast.Module:
    """Return the parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def iterate_calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Yield every call in a file with the dotted name it is written with (``a.b.c``; ``?`` for the rest)."""
    for node in ast.walk(parse_file(path)):
        if isinstance(node, ast.Call):
            yield node, get_dotted_name(node.func)


def get_dotted_name(node: ast.expr) -> str:
    """Return a name as it is written, unknown parts as ``?``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{get_dotted_name(node.value)}.{node.attr}"
    return "?"


def format_location(path: Path, node: ast.AST | None = None) -> str:
    """Return ``path:line`` for a message."""
    line = f":{node.lineno}" if node is not None and hasattr(node, "lineno") else ""
    return f"{path.relative_to(ROOT)}{line}"
