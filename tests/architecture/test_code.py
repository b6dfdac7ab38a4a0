"""Rules of the code that no linter checks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.code import ROOT, format_location, get_dotted_name, iterate_calls, list_python_files, parse_file

# What each call needs besides its arguments, so that it can never wait for ever.
NEEDS = {
    "requests.get": {"timeout"},
    "requests.post": {"timeout"},
    "requests.put": {"timeout"},
    "requests.patch": {"timeout"},
    "requests.delete": {"timeout"},
    "requests.head": {"timeout"},
    "requests.request": {"timeout"},
    "urlopen": {"timeout"},
    "urllib.request.urlopen": {"timeout"},
    "smtplib.SMTP": {"timeout"},
    "smtplib.SMTP_SSL": {"timeout"},
    "socket.create_connection": {"timeout"},
    "subprocess.run": {"timeout"},
    "subprocess.check_output": {"timeout"},
    "subprocess.check_call": {"timeout"},
    "psycopg.connect": {"connect_timeout"},
    "create_engine": {"connect_args"},
    "sqlalchemy.create_engine": {"connect_args"},
    "boto3.client": {"config"},
}
EXPLAINED = re.compile(r"# nosec B\d{3}(?:, ?B\d{3})*  # \w+ \w+")
COMMITTING_MODULE = "portal/db/transactions.py"
# The sandbox keeps its own small database; migrations hold a lock across transactions.
OTHER_DATABASES = ("sandbox/", "portal/migrations/")


def test_only_the_queue_module_names_tables_of_the_queue() -> None:
    names = {"procrastinate_jobs", "procrastinate_events", "procrastinate_workers", "procrastinate_periodic_defers"}
    found = {
        str(path.relative_to(ROOT))
        for path in list_python_files("portal")
        if any(name in path.read_text(encoding="utf-8") for name in names)
    }
    assert {name for name in found if not name.startswith("portal/migrations/")} == {"portal/models/queue.py"}


def test_only_the_unit_of_work_commits() -> None:
    commits = [
        format_location(path, call)
        for path in list_python_files("portal")
        for call, name in iterate_calls(path)
        if name.endswith(".commit") and not format_location(path).startswith((COMMITTING_MODULE, *OTHER_DATABASES))
    ]
    assert not commits, f"use portal.db.transaction() instead: {commits}"
    assert any(name.endswith(".commit") for _, name in iterate_calls(ROOT / COMMITTING_MODULE))


def test_every_outside_call_has_a_limit() -> None:
    endless = [
        f"{format_location(path, call)} {name}"
        for path in list_python_files("portal")
        for call, name in iterate_calls(path)
        if NEEDS.get(name, set()) - {keyword.arg for keyword in call.keywords}
        and not any(keyword.arg is None for keyword in call.keywords)
    ]
    assert not endless, f"without a timeout: {endless}"


def test_digests_are_never_compared_with_equals() -> None:
    found = [
        format_location(path, node)
        for path in list_python_files("portal")
        for node in ast.walk(parse_file(path))
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        and any(_is_digest(side) for side in (node.left, *node.comparators))
    ]
    assert not found, f"use hmac.compare_digest: {found}"


def test_sandbox_does_not_import_the_portal() -> None:
    foreign_imports = [
        f"{format_location(path, node)} {name}"
        for path in list_python_files("sandbox")
        for node, name in _imports(path)
        if name == "portal" or name.startswith("portal.")
    ]
    assert not foreign_imports


def test_no_code_ignores_every_exception() -> None:
    silent = [
        format_location(path, node)
        for path in list_python_files("portal")
        for node in ast.walk(parse_file(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or get_dotted_name(node.type) in {"Exception", "BaseException"})
        and all(isinstance(each, ast.Pass | ast.Continue | ast.Constant | ast.Expr) for each in node.body)
        and not any(isinstance(each, ast.Call) for part in node.body for each in ast.walk(part))
    ]
    assert not silent, f"these hide every fault: {silent}"


def test_exceptions_of_the_security_scan_are_explained() -> None:
    """Each exception is for one line, with the name of the check and the reason."""
    unexplained = [
        f"{format_location(path)}: {line.strip()[-80:]}"
        for path in list_python_files("portal", "bench")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "nosec" in line and not EXPLAINED.search(line)
    ]
    assert not unexplained, f"write `# nosec B608  # why`: {unexplained}"


def _is_digest(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and get_dotted_name(node.func).endswith((".hexdigest", ".digest"))


def _imports(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(parse_file(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node, node.module
            if node.module == "portal":
                yield from ((node, f"portal.{alias.name}") for alias in node.names)
