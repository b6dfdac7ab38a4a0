"""``make dev``: a change of a template, a static file or a Python file is served without a restart by hand."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from demo.ports import Ports
from demo.reload import PARTS_BY_FOLDER, SourceFiles, list_affected_parts
from demo.stack import ROOT
from tests.waiting import wait_until

START_SECONDS = 150
RELOAD_SECONDS = 90


class DevelopmentServer:
    """A copy of the source tree with ``python -m demo --reload`` running in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.output = root.parent / "output.txt"
        ports = Ports.find_free()
        self.url = f"http://localhost:{ports.portal}"
        command = [sys.executable, "-m", "demo", "--reload", "--data", str(root / "var"), "--port", str(ports.portal)]
        command += ["--sandbox-port", str(ports.sandbox), "--identity-port", str(ports.identity)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=root, stdout=output, stderr=subprocess.STDOUT)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def serves(self, path: str, text: str) -> bool:
        try:
            return text in requests.get(f"{self.url}{path}", timeout=60).text
        except requests.RequestException:
            return False

    def has_written(self, text: str) -> bool:
        return text in self.output.read_text(encoding="utf-8")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DevelopmentServer]:
    root = tmp_path / "tree"
    # With what is compiled already, which stays true: a copy keeps the time of the last change. What another process is
    # writing at the moment has a number at its end.
    for folder in (*PARTS_BY_FOLDER, "demo"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("*.pyc.*"))
    for name in ("wsgi.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / name, root)
    running = DevelopmentServer(root)
    try:
        wait_until(lambda: running.has_written("Source files are watched"), seconds=START_SECONDS)
        yield running
    finally:
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(60)


def test_changes_are_served_and_a_syntax_error_does_not_stop_the_server(server: DevelopmentServer) -> None:
    server.edit("templates/base.html", "<body", '<body data-changed="template"')
    server.edit("static/css/tokens.css", ":root", "/* changed */\n:root")
    wait_until(lambda: server.serves("/", 'data-changed="template"'), seconds=RELOAD_SECONDS)
    wait_until(lambda: server.serves("/static/css/portal.css", "/* changed */"), seconds=RELOAD_SECONDS)

    server.edit("portal/web/pages/public.py", "from __future__", "mistake(\nfrom __future__")
    wait_until(lambda: server.has_written("SyntaxError"), seconds=RELOAD_SECONDS)
    assert server.process.poll() is None

    server.edit("portal/web/pages/public.py", "mistake(\nfrom __future__", "from __future__")
    wait_until(lambda: server.serves("/", 'data-changed="template"'), seconds=RELOAD_SECONDS)


def test_only_source_files_count_and_each_belongs_to_the_parts_that_run_it(tmp_path: Path) -> None:
    for folder in PARTS_BY_FOLDER:
        (tmp_path / folder / "deep").mkdir(parents=True)
    files = SourceFiles(tmp_path)
    for name in ("portal/deep/a.py", "portal/deep/a.pyc", "sandbox/x.html", "templates/deep/.a.html.swp"):
        (tmp_path / name).touch()
    changed = files.list_changed()
    assert changed == {Path("portal/deep/a.py"), Path("sandbox/x.html")}
    assert files.list_changed() == set()
    assert list_affected_parts(changed) == ["portal", "worker", "sandbox"]
    (tmp_path / "sandbox/x.html").unlink()
    assert list_affected_parts(files.list_changed()) == ["sandbox"]
