"""Firefox over WebDriver BiDi: a Node.js process runs Puppeteer and takes commands line by line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.browsers.engine import FINDER, Engine

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / "var/browser-tests"
_STOP_SECONDS = 20
# Firefox notes every lost event stream as an error. Pages connect again by themselves, which the journey shows.
_LOST_STREAM = "was interrupted while the page was loading"


class Firefox(Engine):
    """One headless Firefox window with a profile of its own."""

    def __init__(self, *, scheme: str = "light", width: int = 1280, height: int = 900) -> None:
        executable = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
        assert executable, "no Firefox: run scripts/browser-engines"
        # Packages are found from where the script is.
        script = PACKAGES / "firefox.mjs"
        script.write_bytes((Path(__file__).parent / "firefox.mjs").read_bytes())
        command = ["node", str(script), executable, scheme, str(width), str(height)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.version = str(self._read()["ready"])

    def goto(self, url: str) -> None:
        self._send("goto", url=url)

    def run(self, script: str) -> Any:
        return self._send("run", script=script)

    def press(self, key: str) -> None:
        self._send("press", key=key)

    def enter_frame(self) -> bool:
        return bool(self._send("enter_frame"))

    def leave_frame(self) -> None:
        self._send("leave_frame")

    def screenshot(self, path: Path) -> None:
        self._send("screenshot", path=str(path))

    def list_problems(self) -> list[str]:
        return [problem for problem in self._send("problems") if _LOST_STREAM not in problem]

    def close(self) -> None:
        try:
            self._process.communicate(json.dumps({"method": "close"}) + "\n", timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def _click(self, role: str, name: str) -> bool:
        return bool(self._send("click", finder=FINDER, role=role, name=name))

    def _type(self, role: str, name: str, text: str) -> bool:
        return bool(self._send("type", finder=FINDER, role=role, name=name, text=text))

    def _upload(self, name: str, paths: Sequence[Path]) -> bool:
        return bool(self._send("upload", finder=FINDER, name=name, paths=[str(path) for path in paths]))

    def _send(self, method: str, **parameters: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"method": method, **parameters}) + "\n")
        self._process.stdin.flush()
        response = self._read()
        if "error" in response:
            raise RuntimeError(response["error"])
        return response["result"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("Firefox's driver has ended")
        found: dict[str, Any] = json.loads(line)
        return found
