"""The command line: what it refuses, what it hands over."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from portal import cli
from portal.demo.stack import ROOT


def portal(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as the Procfile does, in an environment with nothing of a portal in it."""
    return subprocess.run(
        [sys.executable, "-m", "portal", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["worker", "migrate", "doctor"])
def test_commands_that_need_settings_list_everything_missing_at_once(command: str) -> None:
    run = portal(command)
    assert run.returncode == 2
    for name in ("SECRET_KEY", "DATABASE_URL", "PUBLIC_URL", "OIDC_ISSUER", "HEADSHOT_API_KEY", "STORAGE_URL"):
        assert f"{name} is missing" in run.stderr
    assert "Traceback" not in run.stderr


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(cli.portal, ["--help"])
    assert result.exit_code == 0
    for name in ("demo", "sandbox", "worker", "migrate", "doctor"):
        assert f"\n  {name} " in result.output


def test_the_sandbox_gets_its_arguments_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.sandbox import server  # noqa: PLC0415 - replaced for this test only

    received: list[list[str]] = []

    def main(argv: list[str]) -> int:
        received.append(argv)
        return 3

    monkeypatch.setattr(server, "main", main)
    arguments = ["--port", "0", "--set", "speed=2", "--help"]
    result = CliRunner().invoke(cli.portal, ["sandbox", *arguments])
    assert result.exit_code == 3
    assert received == [arguments]


def test_the_sandbox_needs_no_settings() -> None:
    run = portal("sandbox", "--help")
    assert run.returncode == 0
    assert "--brand" in run.stdout
