"""Child processes: watched, ended, and gone when we are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from demo.children import Child, ChildFailedError, stop_all
from tests.waiting import wait_until

Start = Callable[..., Child]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Child] = []

    def build(code: str, name: str = "part") -> Child:
        child = Child(name=name, argv=[sys.executable, "-c", code], env=os.environ, log=tmp_path / f"{name}.log")
        started.append(child)
        child.start()
        return child

    yield build
    stop_all(started, seconds=0)


def is_running(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def test_output_is_logged_and_the_previous_one_is_kept(start: Start) -> None:
    first = start("print('one')")
    first.wait_for_end(seconds=60)
    second = start("import sys; print('two', file=sys.stderr)")
    second.wait_for_end(seconds=60)
    assert second.log.read_text() == "two\n"
    assert second.log.with_suffix(".log.previous").read_text() == "one\n"


def test_child_that_exits_during_startup_is_reported_with_log_tail(start: Start) -> None:
    child = start("print('no such table'); raise SystemExit(7)")
    with pytest.raises(ChildFailedError, match="part ended with exit code 7") as caught:
        child.wait_until(lambda: False, seconds=60)
    assert caught.value.last_lines == ["no such table"]


def test_a_part_that_is_never_ready_is_reported(start: Start) -> None:
    child = start("import time; time.sleep(60)")
    with pytest.raises(ChildFailedError, match="was not ready"):
        child.wait_until(lambda: False, seconds=0.1)


def test_killed_child_is_reported_with_its_signal(start: Start) -> None:
    child = start("import time; time.sleep(60)")
    os.kill(child.process.pid, signal.SIGKILL)  # type: ignore[union-attr]
    wait_until(lambda: child.returncode is not None)
    with pytest.raises(ChildFailedError, match="was ended by SIGKILL"):
        child.ensure_alive()


def test_child_ends_cleanly_on_sigterm(start: Start) -> None:
    code = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(print('bye'))); print('up', flush=True)"
    child = start(code + "; time.sleep(60)")
    child.wait_until(lambda: "up" in child.log.read_text(), seconds=60)
    assert stop_all([child], seconds=60) == []
    assert child.log.read_text() == "up\nbye\n"


def test_child_that_ignores_sigterm_is_killed(start: Start) -> None:
    child = start("import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)")
    child.wait_until(lambda: "up" in child.log.read_text(), seconds=60)
    assert stop_all([child], seconds=0.2) == ["part"]
    assert child.returncode == -signal.SIGKILL


def test_grandchildren_end_with_their_child_process(start: Start) -> None:
    code = "import subprocess; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    child = start(code)
    child.wait_until(lambda: child.log.read_text().endswith("\n"), seconds=60)
    grandchild = int(child.log.read_text())
    assert is_running(grandchild)
    stop_all([child], seconds=2)
    wait_until(lambda: not is_running(grandchild))


def test_a_part_dies_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = f"""
import os, signal, sys
from pathlib import Path
from demo.children import Child
child = Child("part", ["sleep", "60"], os.environ, Path({str(tmp_path / "part.log")!r}))
child.start()
print(child.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr
    wait_until(lambda: not is_running(int(run.stdout)))
