"""The sandbox's switch for a studio that needs its cookie, over plain HTTP, which is what a development machine has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from demo.stack import Stack
from tests.browsers.engines import ENGINES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", ENGINES)
def test_studio_as_a_page_of_its_own_gets_its_cookie_back(start_stack: Callable[[str, str], Stack], name: str) -> None:
    stack = start_stack("profilebakery", "cookie")
    sandbox = stack.addresses.sandbox
    settings = {"studio_needs_cookies": True}
    requests.put(f"{sandbox}/_control/settings", json=settings, timeout=60).raise_for_status()
    created = requests.post(
        f"{sandbox}/api/v2/organization/models",
        json={"email": f"{name}@example.com", "name": name},
        headers={"Authorization": f"Bearer {stack.secrets.api_key}"},
        timeout=60,
    )
    created.raise_for_status()
    engine = ENGINES[name]()
    try:
        engine.goto(created.json()["signedUrl"])
        engine.wait_for("textbox", "Your name")
    finally:
        engine.close()
