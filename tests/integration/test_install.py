"""`scripts/install` on machines of every kind; Python, pip, uv and apt-get are stand-ins that record their calls."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.code import ROOT

REAL = ("sh", "cat", "cmp", "cp", "mkdir", "rm", "basename", "dirname", "touch", "chmod", "sed", "flock")
LOCK = "requirements-demo.txt"

PYTHON = """#!/bin/sh
echo "python $*" >> "$CALLS"
make() { mkdir -p .venv/bin; cp "$0" .venv/bin/python; if [ -n "$1" ]; then touch .venv/has-pip; fi; }
case "$*" in
    *"-r .venv/uv.txt") cp "$HAS/locked-uv" .venv/bin/uv && exit ;;
    "-m venv --without-pip .venv") make "" ;;
    "-m venv .venv") if [ -e "$HAS/venv" ]; then make pip; else mkdir -p .venv/bin; exit 1; fi ;;
    "-m pip"*) case "$0" in
        .venv/*) [ -e .venv/has-pip ] ;;
        *) [ -e "$HAS/pip" ] ;;
        esac ;;
esac
"""
APT = """#!/bin/sh
echo "apt-get $*" >> "$CALLS"
case "$*" in *python3-venv*) touch "$HAS/venv" ;; esac
"""
UV = """#!/bin/sh
echo "uv $*" >> "$CALLS"
[ ! -e "$HAS/broken-uv" ] || exit 1
case "$1" in venv) mkdir -p .venv/bin; cp "$BIN/python3" .venv/bin/python ;; esac
"""


class Machine:
    """A machine that has only what it is given."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.has = folder / "has"
        self.project = folder / "project"
        self.calls_file = folder / "calls"
        for each in (self.bin, self.has, self.project / "scripts"):
            each.mkdir(parents=True)
        for name in REAL:
            (self.bin / name).symlink_to(str(shutil.which(name)))
        for name in ("install", "python"):
            shutil.copy(ROOT / "scripts" / name, self.project / "scripts" / name)
        self.lock = self.project / LOCK
        self.lock.write_text("flask==3.1.3\n")
        self.run_as(1000)

    def run_as(self, number: int) -> None:
        self.script("id", f"#!/bin/sh\necho {number}\n")

    def script(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def add_commands(self, *commands: str) -> None:
        for item in commands:
            (self.has / item).touch()

    def install(self) -> subprocess.CompletedProcess[str]:
        self.calls_file.write_text("")
        environment = {"PATH": str(self.bin), "BIN": str(self.bin), "HAS": str(self.has), "CALLS": str(self.calls_file)}
        return subprocess.run(
            ["sh", "scripts/install", LOCK],
            cwd=self.project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def called(self, text: str) -> bool:
        return any(line.startswith(text) for line in self.calls_file.read_text().splitlines())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.script("python3", PYTHON)
    return made


def test_an_ordinary_machine_installs_once(machine: Machine) -> None:
    machine.add_commands("venv")
    assert machine.install().returncode == 0
    assert machine.called("python -m venv .venv")
    assert machine.called("python -m pip install")
    again = machine.install()
    assert (again.returncode, again.stdout, machine.calls_file.read_text()) == (0, "", "")


def test_a_changed_lock_is_installed_into_the_same_environment(machine: Machine) -> None:
    machine.add_commands("venv")
    machine.install()
    machine.lock.write_text("flask==3.1.4\n")
    assert machine.install().returncode == 0
    assert machine.called("python -m pip install")
    assert not machine.called("python -m venv")


def test_hashes_are_always_required(machine: Machine) -> None:
    machine.add_commands("venv")
    machine.install()
    installs = [line for line in machine.calls_file.read_text().splitlines() if " install " in line]
    assert installs
    assert all("--require-hashes" in line for line in installs)


def test_root_on_debian_gets_the_missing_venv_package(machine: Machine) -> None:
    machine.run_as(0)
    machine.script("apt-get", APT)
    assert machine.install().returncode == 0
    assert machine.called("apt-get install")
    assert (machine.project / ".venv" / "has-pip").exists()


def test_without_ensurepip_the_systems_pip_fills_the_environment(machine: Machine) -> None:
    machine.add_commands("pip")
    assert machine.install().returncode == 0
    assert machine.called("python -m pip --python .venv/bin/python install")


def test_only_root_installs_packages(machine: Machine) -> None:
    machine.script("apt-get", APT)
    run = machine.install()
    assert run.returncode == 1
    assert "apt-get install python3-venv" in run.stderr
    assert not machine.called("apt-get")


def test_failed_installation_is_not_recorded(machine: Machine) -> None:
    assert machine.install().returncode == 1
    machine.add_commands("venv")
    assert machine.install().returncode == 0
    assert machine.called("python -m pip install")


def test_uv_is_used_where_available(machine: Machine) -> None:
    machine.script("uv", UV)
    assert machine.install().returncode == 0
    assert machine.called("uv pip install")
    assert not machine.called("python -m pip")


def test_uv_is_installed_first_where_the_lock_names_it(machine: Machine) -> None:
    machine.add_commands("venv")
    (machine.has / "locked-uv").write_text(UV)
    (machine.has / "locked-uv").chmod(0o755)
    machine.lock.write_text("flask==3.1.3\nuv==0.13.8 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nzope==1\n")
    assert machine.install().returncode == 0
    assert (machine.project / ".venv" / "uv.txt").read_text() == (
        "uv==0.13.8 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )
    assert machine.called("python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt")
    assert machine.called("uv pip install")


def test_locked_uv_that_cannot_be_installed_leaves_pip(machine: Machine) -> None:
    machine.add_commands("venv")
    machine.lock.write_text("uv==0.13.8 \\\n    --hash=sha256:aa\n")
    assert machine.install().returncode == 0
    assert machine.called(f"python -m pip install --quiet --disable-pip-version-check --require-hashes -r {LOCK}")


def test_where_uv_fails_pip_installs(machine: Machine) -> None:
    machine.script("uv", UV)
    machine.add_commands("broken-uv", "venv")
    assert machine.install().returncode == 0
    assert machine.called("python -m pip install")


def test_a_machine_without_python_gets_an_installation_hint(machine: Machine) -> None:
    (machine.bin / "python3").unlink()
    run = machine.install()
    assert run.returncode == 1
    assert "Python 3.11 or newer is needed" in run.stderr
