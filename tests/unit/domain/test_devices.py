"""A browser's description of itself, in words."""

from __future__ import annotations

import pytest

from portal.domain.devices import Device, parse_user_agent

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36"
_ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 {}Chrome/141.0.0.0 Mobile Safari/537.36"
_IOS = "Mozilla/5.0 ({}; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 {} Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "browser", "system"),
    [
        (_WINDOWS, "Chrome", "Windows"),
        (f"{_WINDOWS} Edg/141.0.0.0", "Edge", "Windows"),
        (f"{_WINDOWS} OPR/120.0.0.0", "Opera", "Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox", "Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox", "Linux"),
        (_WINDOWS.replace("Windows NT 10.0; Win64; x64", "X11; CrOS x86_64 14541.0.0"), "Chrome", "ChromeOS"),
        (_ANDROID.format(""), "Chrome", "Android"),
        (_ANDROID.format("SamsungBrowser/28.0 "), "Samsung Internet", "Android"),
        (_IOS.format("iPhone", "Version/18.6"), "Safari", "iPhone"),
        (_IOS.format("iPad", "CriOS/141.0.0.0"), "Chrome", "iPad"),
        (_IOS.format("iPhone", "FxiOS/143.0"), "Firefox", "iPhone"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
            "Safari/605.1.15",
            "Safari",
            "Mac",
        ),
        ("curl/8.5.0", None, None),
        ("Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko", None, "Windows"),
        ("", None, None),
        (None, None, None),
    ],
)
def test_browser_and_system_are_named(user_agent: str | None, browser: str | None, system: str | None) -> None:
    assert parse_user_agent(user_agent) == Device(browser, system)
