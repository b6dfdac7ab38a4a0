"""The results of `portal doctor` for the mail server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from demo.ports import find_free_port
from portal.services.health import CheckResult, iterate_checks
from portal.settings import Settings
from tests.smtp import Post, run_server

Build = Callable[..., Settings]


def check_mail(settings: Settings) -> list[CheckResult]:
    return [finding for finding in iterate_checks(settings) if finding.component == "mail"]


def test_a_responding_server(portal_settings: Build) -> None:
    with run_server(Post(find_free_port())) as post:
        [finding] = check_mail(portal_settings(mail_url=post.url, mail_from="portal@acme.example"))
        assert finding.is_ok
        assert post.received == []


@pytest.mark.parametrize(
    ("url", "sender", "next_step"),
    [
        ("smtp://user:canary@127.0.0.1:1", "portal@acme.example", "MAIL_URL"),
        ("smtp://user:canary@127.0.0.1:1/path", "portal@acme.example", "MAIL_URL"),
        ("smtp://127.0.0.1:1", "nobody", "MAIL_FROM"),
    ],
)
def test_unavailable_mail_server_has_a_next_step(portal_settings: Build, url: str, sender: str, next_step: str) -> None:
    [finding] = check_mail(portal_settings(mail_url=url, mail_from=sender))
    assert not finding.is_ok
    assert next_step in finding.text
    assert "canary" not in str(finding)


def test_without_mail_nothing_is_sent(portal_settings: Build) -> None:
    assert check_mail(portal_settings()) == []
