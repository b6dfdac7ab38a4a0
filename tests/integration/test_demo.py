"""`python -m demo` as people use it: it starts, prints what happens, and leaves nothing running."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests

from demo.ports import Ports
from demo.stack import ROOT
from tests.waiting import wait_until

# Of the whole stack, each of whose parts may take a minute on a busy machine.
START_SECONDS = 150
END_SECONDS = 60


class Demo:
    """One run of the command, with its own ports and folder."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.folder = folder
        self.ports = ports
        self.url = f"http://localhost:{ports.portal}"
        self.output = folder.parent / f"{folder.name}-{time.monotonic_ns()}.txt"
        command = [sys.executable, "-m", "demo", "--data", str(folder), "--port", str(ports.portal)]
        command += ["--sandbox-port", str(ports.sandbox), "--identity-port", str(ports.identity)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)

    def get_log(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        wait_until(lambda: "Ready after" in self.get_log() or self.has_ended, seconds=START_SECONDS, log=self.output)
        assert not self.has_ended, self.get_log()

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def parts(self) -> list[psutil.Process]:
        """Everything the command started, directly or not."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def part(self, term: str) -> psutil.Process:
        return next(part for part in self.parts() if term in part.cmdline())


def list_running(parts: list[psutil.Process]) -> list[psutil.Process]:
    # A killed process is a zombie until its parent waits for it; it no longer runs.
    return [each for each in parts if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def wait_for_end(parts: list[psutil.Process], seconds: float = 60) -> None:
    def gone() -> bool:
        with suppress(psutil.NoSuchProcess):
            return not list_running(parts)
        return False

    wait_until(gone, seconds=seconds)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="portal-demo-"))
    yield made / "demo"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def launch(folder: Path) -> Iterator[Callable[..., Demo]]:
    demos: list[Demo] = []

    def start(ports: Ports | None = None, data: Path = folder) -> Demo:
        demos.append(Demo(data, ports or Ports.find_free()))
        return demos[-1]

    yield start
    for demo in demos:
        if not demo.has_ended:
            demo.process.kill()
        demo.process.wait(timeout=END_SECONDS)


def test_demo_starts_prints_its_url_and_ends_completely_twice(launch: Callable[..., Demo], folder: Path) -> None:
    ports = Ports.find_free()
    for number in (signal.SIGINT, signal.SIGTERM):
        demo = launch(ports)
        demo.wait_until_ready()
        assert requests.get(f"{demo.url}/healthz", timeout=60).status_code == 200
        assert demo.url in demo.get_log()
        for name in ("Ada Example", "Ben Example", "Cleo Admin"):
            assert name in demo.get_log()
        parts = demo.parts()
        assert len(parts) >= 5
        demo.process.send_signal(number)
        assert demo.process.wait(timeout=END_SECONDS) == 0, demo.get_log()
        assert "nothing is left running" in demo.get_log()
        wait_for_end(parts)
    secrets = json.loads((folder / "secrets.json").read_text())
    assert not any(secret in demo.get_log() for secret in secrets.values())
    assert re.search(r"Ready after [0-9.]+ s", demo.get_log())


def test_second_demo_names_the_running_one_and_exits(launch: Callable[..., Demo]) -> None:
    first = launch()
    first.wait_until_ready()
    second = launch()
    assert second.process.wait(timeout=END_SECONDS) == 1
    assert f"already running (process {first.process.pid}): {first.url}" in second.get_log()
    assert requests.get(f"{first.url}/healthz", timeout=60).status_code == 200


def test_killed_supervisor_ends_all_children(launch: Callable[..., Demo]) -> None:
    demo = launch()
    demo.wait_until_ready()
    parts = demo.parts()
    demo.process.kill()
    wait_for_end(parts)


@pytest.mark.parametrize(("term", "name"), [("worker", "worker"), ("demo.identity", "identity")])
def test_killed_child_stops_the_stack_and_is_named(launch: Callable[..., Demo], term: str, name: str) -> None:
    demo = launch()
    demo.wait_until_ready()
    parts = demo.parts()
    demo.part(term).kill()
    assert demo.process.wait(timeout=END_SECONDS) == 1
    assert f"The {name} was ended by SIGKILL" in demo.get_log()
    assert f"logs/{name}.log" in demo.get_log()
    wait_for_end(parts)


def test_a_taken_port_is_explained_before_anything_starts(launch: Callable[..., Demo], folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        free = Ports.find_free()
        demo = launch(Ports(portal=taken, sandbox=free.sandbox, identity=free.identity))
        assert demo.process.wait(timeout=END_SECONDS) == 1
    assert f"Port {taken} is taken by another program, and the portal needs it." in demo.get_log()
    assert re.search(r"PORT=\d+ make demo", demo.get_log())
    assert not (folder / "postgres").exists()


def test_the_port_is_read_from_the_environment_too(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "-m", "demo", "--data", str(folder)],
            cwd=ROOT,
            env=os.environ | {"SANDBOX_PORT": str(taken), "PORT": str(Ports.find_free().portal)},
            capture_output=True,
            text=True,
            timeout=END_SECONDS,
            check=False,
        )
    assert run.returncode == 1
    assert f"Port {taken} is taken" in run.stderr
    assert "sandbox studio" in run.stderr
