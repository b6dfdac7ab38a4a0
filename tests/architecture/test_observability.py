"""Log events and metrics have stable names, and docs/observability.md lists all of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.code import ROOT, format_location, iterate_calls, list_python_files

PAGE = (ROOT / "docs/observability.md").read_text(encoding="utf-8")
LOGGERS = {"log", "_log", "logger", "self.error_log", "logging", "app.logger", "current_app.logger"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
EVENT = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
# Written without a logger, because it is the hottest line: portal/web/observability/logs.py.
WRITTEN_DIRECTLY = {"request.completed"}


def test_log_calls_name_an_event() -> None:
    """No prose and no values in the message: what varies goes into fields."""
    prose = [f"{where}: {event}" for where, event in _log_events() if not EVENT.fullmatch(event)]
    assert not prose, f"write area.event, the rest as extra fields: {prose}"


def test_documented_events_are_the_ones_logged() -> None:
    documented = set(re.findall(rf"^\| `({EVENT.pattern})` \|", PAGE, re.MULTILINE))
    logged = {event for _where, event in _log_events()} | WRITTEN_DIRECTLY
    assert logged == documented


def test_documented_metrics_are_the_ones_exported() -> None:
    documented = set(re.findall(r"^\| `(portal_\w+)` \|", PAGE, re.MULTILINE))
    assert {name for path in list_python_files("portal") for name in _metrics(path)} == documented


def _log_events() -> Iterator[tuple[str, str]]:
    for path in list_python_files("portal"):
        for call, name in iterate_calls(path):
            logger, _, level = name.rpartition(".")
            if logger in LOGGERS and level in LEVELS:
                message = call.args[1 if level == "log" else 0]
                yield format_location(path, call), message.value if _is_text(message) else ast.unparse(message)


def _metrics(path: Path) -> Iterator[str]:
    for call, name in iterate_calls(path):
        first = call.args[0] if call.args else None
        if first is not None and _is_text(first) and re.fullmatch(r"portal_[a-z_]+", first.value):
            # The client library adds the suffix of counters.
            yield f"{first.value}_total" if name == "Counter" else first.value


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
