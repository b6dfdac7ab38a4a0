"""A measurement that fails is reported in the table, and the other measurements keep their results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import __main__ as program
from bench.goals import Goal
from bench.report import Verdict


@contextmanager
def _ground(_say: object) -> Iterator[SimpleNamespace]:
    yield SimpleNamespace(visitors=nullcontext)


def test_other_results_survive_a_failed_measurement(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_bench: object, _names: object) -> list[Verdict]:
        raise ValueError("filedescriptor out of range in select()")

    def succeed(_bench: object, names: list[str]) -> list[Verdict]:
        return [Verdict(name, "memory", "3", "1.9", is_met=True) for name in names]

    folder = tmp_path / "var" / "bench"
    monkeypatch.setattr(program, "GOALS", {"L1": Goal("fails", fail), "L2": Goal("works", succeed)})
    monkeypatch.setattr(program, "group_goals", lambda _goals: {succeed: ["L2"], fail: ["L1"]})
    monkeypatch.setattr(program, "FOLDER", folder)
    monkeypatch.setattr(program, "Ground", _ground)

    assert program.main(["L1", "L2"]) == 1

    goals = json.loads((folder / "latest.json").read_text())["goals"]
    assert [(goal["goal"], goal["found"], goal["is_met"]) for goal in goals] == [
        ("L1", "failed: filedescriptor out of range in select()", None),
        ("L2", "1.9", True),
    ]
    assert "not measured" in capsys.readouterr().out
