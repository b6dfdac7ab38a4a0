"""The browser engines that the tests drive, by name."""

from __future__ import annotations

from tests.browsers.engine import Engine
from tests.browsers.firefox import Firefox
from tests.browsers.webkit import WebKit

ENGINES: dict[str, type[Engine]] = {"firefox": Firefox, "webkit": WebKit}
