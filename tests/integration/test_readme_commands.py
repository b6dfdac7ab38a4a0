"""The README's two commands in folders of every kind: closed to other users, and with characters that need care."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.ports import Ports
from tests.architecture.code import ROOT

# Spaces, non-ASCII letters, and what URLs, configuration files, shells and lists give a meaning.
ODD_NAME = "Müllers Bürö, 100% it's $ours"
# What a container has unless it is started with more.
CAPABILITIES = "+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot"
AS_ROOT = ["setpriv", f"--bounding-set=-all,{CAPABILITIES}", "--inh-caps=-all"]
USERS = ("root", "nobody") if os.geteuid() == 0 else (pwd.getpwuid(os.geteuid()).pw_name,)
# Made by the set-up of both commands; linked instead of installed again.
INSTALLED = (".venv", "var/identity-provider", "var/provider-venvs", "var/scan-venv")
SECONDS = 240


class Checkout:
    """A copy of the project in a folder that only its user can enter."""

    def __init__(self, account: str, folder: Path) -> None:
        self.account = account
        self.closed = folder / "home"
        self.path = self.closed / ODD_NAME
        self.temporary = folder / "tmp"
        self.environment: dict[str, str] = {}
        self.closed.mkdir(mode=0o700)
        self.temporary.mkdir()
        ignored = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv", ".git", ".hypothesis", "var")
        shutil.copytree(ROOT, self.path, ignore=ignored)
        for name in INSTALLED:
            if (ROOT / name).exists():
                # What another process is compiling at the moment has a number at its end.
                unfinished = shutil.ignore_patterns("*.pyc.*")
                shutil.copytree(
                    ROOT / name, self.path / name, symlinks=True, ignore=unfinished, copy_function=copy_file
                )
        (self.path / "var").mkdir(exist_ok=True)
        # What the tests need contains what the demo needs.
        shutil.copy(self.path / "requirements-demo.txt", self.path / ".venv/.installed-requirements-demo.txt")
        if account == "nobody":
            self._change_owner(folder)

    def _change_owner(self, folder: Path) -> None:
        """Give the copy to an ordinary user, and a Python where this machine's is not open to others."""
        python = (ROOT / ".venv/bin/python").resolve()
        if not is_open_to_all(python):
            copied = folder / "python"
            unused = shutil.ignore_patterns("__pycache__", "test", "tests", "idlelib", "site-packages", "*.a")
            shutil.copytree(sys.base_prefix, copied, symlinks=True, ignore=unused, copy_function=copy_file)
            # Its own library, not another one of the same name.
            self.environment["LD_LIBRARY_PATH"] = str(copied / "lib")
            link = self.path / ".venv/bin/python3.11"
            link.unlink(missing_ok=True)
            link.symlink_to(copied / python.relative_to(sys.base_prefix))
            config = self.path / ".venv/pyvenv.cfg"
            changed = re.sub(r"(?m)^home = .*", f"home = {copied / 'bin'}", config.read_text())
            config.unlink()
            config.write_text(changed)
        folder.chmod(0o711)
        owner = pwd.getpwnam(self.account)
        os.chown(self.temporary, owner.pw_uid, owner.pw_gid)
        os.chown(self.closed, owner.pw_uid, owner.pw_gid)
        installed = {Path(name).name for name in INSTALLED}
        for folder_name, folders, _files in os.walk(self.path):
            # What is installed is only read, and belongs to root where root installed it.
            folders[:] = [each for each in folders if each not in installed]
            os.chown(folder_name, owner.pw_uid, owner.pw_gid)

    def start(self, *command: str, output: Path, **environment: str) -> subprocess.Popen[bytes]:
        prefix = AS_ROOT if self.account == "root" else []
        if self.account == "nobody":
            owner = pwd.getpwnam(self.account)
            prefix = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "CHROMIUM") if name in os.environ}
        kept |= {"HOME": str(self.closed), "TMPDIR": str(self.temporary)} | self.environment | environment
        with output.open("wb") as stream:
            return subprocess.Popen(
                [*prefix, *command],
                cwd=self.path,
                env=kept,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def copy_file(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def is_open_to_all(path: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in path.parents)


@pytest.fixture(params=USERS, scope="module")
def checkout(request: pytest.FixtureRequest) -> Iterator[Checkout]:
    # Where hard links to the installed packages are possible, if other users can get there.
    base = next((each for each in (ROOT / "var", Path("/var/tmp")) if each.exists() and is_open_to_all(each)), None)
    folder = Path(tempfile.mkdtemp(prefix="readme-", dir=base))
    try:
        yield Checkout(request.param, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(2 * SECONDS)
def test_make_demo_starts_and_ends(checkout: Checkout, tmp_path: Path) -> None:
    ports = Ports.find_free()
    output = tmp_path / "demo.txt"
    numbers = {"PORT": str(ports.portal), "SANDBOX_PORT": str(ports.sandbox), "IDENTITY_PORT": str(ports.identity)}
    demo = checkout.start("make", "demo", output=output, **numbers)
    try:
        deadline = time.monotonic() + SECONDS
        while "Ready after" not in output.read_text() and demo.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "Ready after" in output.read_text(), output.read_text()
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(timeout=60)
        assert "nothing is left running" in output.read_text()
        assert checkout.closed.stat().st_mode & 0o777 == 0o700
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)


@pytest.mark.timeout(2 * SECONDS)
def test_make_test_passes(checkout: Checkout, tmp_path: Path) -> None:
    output = tmp_path / "test.txt"
    arguments = (
        "-q -p no:cacheprovider tests/integration/db/test_migrations.py::test_migrations_run_up_down_and_up_again"
    )
    run = checkout.start("make", "test", f"ARGS={arguments}", output=output)
    try:
        assert run.wait(timeout=SECONDS) == 0, output.read_text()
        assert re.search(r"\d+ passed", output.read_text())
        assert checkout.closed.stat().st_mode & 0o777 == 0o700
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
