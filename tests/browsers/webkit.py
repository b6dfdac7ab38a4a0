"""WebKitGTK's MiniBrowser over WebDriver, on a virtual display of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.file_detector import UselessFileDetector
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.browsers.engine import FINDER, Engine

# The window cannot be made narrower.
NARROWEST = 447
_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/libexec", "/usr/lib")
_STOP_SECONDS = 10
_KEYS = {
    "ArrowRight": Keys.ARROW_RIGHT,
    "ArrowLeft": Keys.ARROW_LEFT,
    "Enter": Keys.ENTER,
    "Escape": Keys.ESCAPE,
    "Tab": Keys.TAB,
}


def find_mini_browser() -> Path | None:
    """Return the path of WebKitGTK's own small browser."""
    found = (path for folder in _FOLDERS for path in Path(folder).glob("webkit2gtk-4.*/MiniBrowser"))
    return next(found, None)


class WebKit(Engine):
    """One window of WebKitGTK."""

    def __init__(self, *, scheme: str = "light", width: int = 1280, height: int = 900) -> None:
        browser, driver = find_mini_browser(), shutil.which("WebKitWebDriver")
        assert browser, "no WebKitGTK: run scripts/browser-engines"
        assert driver, "no WebKitWebDriver: run scripts/browser-engines"
        self._display, display = _start_display(max(width, NARROWEST), height + 120)
        environment = dict(os.environ) | {
            "DISPLAY": display,
            "GTK_THEME": "Adwaita:dark" if scheme == "dark" else "Adwaita",
            # Root (a container) has no user namespaces for the sandbox of web processes.
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1" if os.geteuid() == 0 else "0",
            "LANG": "C.UTF-8",
            "LANGUAGE": "en",
        }
        options = Options()
        options.binary_location = str(browser)
        options.add_argument("--automation")
        try:
            self._driver = webdriver.WebKitGTK(options=options, service=Service(driver, env=environment))
        except BaseException:
            self._stop_display()
            raise
        # The files are on this machine; nothing is to be sent to the driver.
        self._driver.file_detector = UselessFileDetector()
        self._driver.set_window_size(max(width, NARROWEST), height)
        self._is_in_frame = False
        self.version = str(self._driver.capabilities.get("browserVersion"))

    def goto(self, url: str) -> None:
        self._driver.get(url)

    def run(self, script: str) -> Any:
        self._renew_frame()
        return self._driver.execute_script(f"return ({script});")

    def press(self, key: str) -> None:
        webdriver.ActionChains(self._driver).send_keys(_KEYS.get(key, key)).perform()

    def enter_frame(self) -> bool:
        frame = self._driver.execute_script("return document.querySelector('iframe');")
        if frame is None:
            return False
        self._driver.switch_to.frame(frame)
        self._is_in_frame = True
        return True

    def leave_frame(self) -> None:
        self._is_in_frame = False
        self._driver.switch_to.default_content()

    def screenshot(self, path: Path) -> None:
        self._driver.save_screenshot(str(path))

    def close(self) -> None:
        try:
            self._driver.quit()
        finally:
            self._stop_display()

    def _renew_frame(self) -> None:
        """Enter the frame again: the driver stays in the document it found there, and a navigation replaces that."""
        if self._is_in_frame:
            self._driver.switch_to.default_content()
            self.enter_frame()

    def _find(self, role: str, name: str) -> WebElement | None:
        self._renew_frame()
        found = self._driver.execute_script(f"return ({FINDER})({json.dumps(role)}, {json.dumps(name)});")
        if not isinstance(found, WebElement):
            return None
        # The driver scrolls only until an edge is in sight, and then cannot click.
        self._driver.execute_script("arguments[0].scrollIntoView({block: 'center'});", found)
        return found

    def _click(self, role: str, name: str) -> bool:
        element = self._find(role, name)
        if element is not None:
            element.click()
        return element is not None

    def _type(self, role: str, name: str, text: str) -> bool:
        element = self._find(role, name)
        if element is not None:
            # Sent to the element, keys would need it to be focusable by script, which a frame of another site is not.
            element.click()
            webdriver.ActionChains(self._driver).send_keys(text).perform()
        return element is not None

    def _upload(self, name: str, paths: Sequence[Path]) -> bool:
        element = self._find("file", name)
        if element is not None:
            element.send_keys("\n".join(str(path) for path in paths))
        return element is not None

    def _stop_display(self) -> None:
        self._display.terminate()
        self._display.wait(_STOP_SECONDS)


def _start_display(width: int, height: int) -> tuple[subprocess.Popen[str], str]:
    """Start a virtual display and return it with its name; it chooses a free number itself."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL, text=True)
    os.close(write)
    with os.fdopen(read) as number:
        return process, f":{number.readline().strip()}"
