"""Waits of the tests: long enough for a machine that is busy with other tests, so that no test depends on its load."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.code import ROOT, iterate_calls, list_python_files, parse_file

# Playwright counts milliseconds and has its limits in two conftest files.
MIN_SECONDS = 20
# Shorter ones are meant to pass: the test waits for the end of the wait itself.
MAX_EXPIRING_SECONDS = 0.5
LIMITS = ("timeout", "connect_timeout", "ready_timeout", "seconds", "total_s")
WAITING_CALLS = {
    "acquire", "communicate", "connect", "create_connection", "delete", "get", "HTTPConnection", "join", "notifies",
    "patch", "post", "put", "request", "result", "run", "settimeout", "SMTP", "wait", "wait_for_end", "wait_until",
    "build_session", "Controller",
}  # fmt: skip
# `wait(count)` of these counts events.
COUNTS = {"receiver.wait"}


def _get_number(node: ast.expr) -> float | None:
    is_number = isinstance(node, ast.Constant) and type(node.value) in {int, float}
    return float(node.value) if is_number else None  # type: ignore[attr-defined]


def _is_time_read(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"time.monotonic", "time.perf_counter", "time.time"}


def _iterate_call_limits(path: Path) -> Iterator[tuple[int, float]]:
    for call, name in iterate_calls(path):
        last = name.rpartition(".")[2]
        if last not in WAITING_CALLS or "lambda: False" in ast.unparse(call):
            continue
        limits = [each.value for each in call.keywords if each.arg in LIMITS]
        if last in {"join", "result", "settimeout", "wait"} and name not in COUNTS:
            limits += call.args[:1]
        for limit in limits:
            if (seconds := _get_number(limit)) is not None:
                yield call.lineno, seconds


def _iterate_measured_limits(path: Path) -> Iterator[tuple[int, float]]:
    for node in ast.walk(parse_file(path)):
        if not isinstance(node, ast.Compare) or not isinstance(node.left, ast.BinOp) or len(node.ops) != 1:
            continue
        seconds = _get_number(node.comparators[0])
        is_upper = isinstance(node.ops[0], (ast.Lt, ast.LtE))
        if is_upper and seconds is not None and isinstance(node.left.op, ast.Sub) and _is_time_read(node.left.left):
            yield node.lineno, seconds


def _list_short_waits(path: Path) -> list[str]:
    found = [*_iterate_call_limits(path), *_iterate_measured_limits(path)]
    return [f"{path.relative_to(ROOT)}:{line} {s:g}" for line, s in found if MAX_EXPIRING_SECONDS < s < MIN_SECONDS]


def test_no_test_fails_because_the_machine_is_busy() -> None:
    found = [
        each
        for path in list_python_files("tests")
        if path.name != Path(__file__).name
        for each in _list_short_waits(path)
    ]
    assert found == []


def test_short_waits_are_found(tmp_path: Path) -> None:
    source = tmp_path / "test_example.py"
    source.write_text(
        "thread.join(5)\nreceiver.wait(7)\nqueue.get(timeout=3)\nqueue.get(timeout=0.01)\n"
        "assert time.monotonic() - began < 6\n"
        "wait_until(ready, seconds=10)\nassert time.monotonic() - began >= 6\nprocess.wait(timeout=60)\n"
    )
    found = sorted([*_iterate_call_limits(source), *_iterate_measured_limits(source)])
    assert [line for line, s in found if MAX_EXPIRING_SECONDS < s < MIN_SECONDS] == [1, 3, 5, 6]
