"""The command line: what it refuses, what it hands over."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from demo.__main__ import main as demo_command
from demo.stack import ROOT
from portal import cli

pytestmark = pytest.mark.slow


def run_portal(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as the Procfile does, in an environment with nothing of a portal in it."""
    return run_module("portal", *arguments, **environment)


def run_module(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m`` with these arguments and this environment."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["worker", "migrate", "doctor"])
def test_commands_that_need_settings_list_everything_missing_at_once(command: str) -> None:
    run = run_portal(command)
    assert run.returncode == 2
    for name in ("SECRET_KEY", "DATABASE_URL", "PUBLIC_URL", "OIDC_ISSUER", "HEADSHOT_API_KEY", "STORAGE_URL"):
        assert f"{name} is missing" in run.stderr
    assert "Traceback" not in run.stderr


NO_DATABASE = {
    "SECRET_KEY": "k" * 40,
    "DATABASE_URL": "postgresql://portal:hidden@127.0.0.1:1/headshots",
    "PUBLIC_URL": "http://localhost:8000",
    "OIDC_ISSUER": "http://127.0.0.1:5002",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "secret",
    "HEADSHOT_API_KEY": "key",
    "STORAGE_URL": "file:///tmp/headshots",
}


@pytest.mark.parametrize("command", ["migrate", "reconcile", "fsck"])
def test_an_unavailable_database_is_reported_in_one_sentence(command: str) -> None:
    run = run_portal(command, **NO_DATABASE)
    assert run.returncode == 1
    assert "The database does not respond (DATABASE_URL)" in run.stderr
    assert "Traceback" not in run.stderr
    assert "hidden" not in run.stderr


@pytest.mark.parametrize("option", [("--port", "99999"), ("--port", "0"), ("--speed", "0"), ("--speed", "-1")])
def test_impossible_options_of_the_demo_are_named(option: tuple[str, str]) -> None:
    result = CliRunner().invoke(demo_command, [*option])
    assert result.exit_code == 2
    assert option[0] in result.output


def test_replaying_nothing_requires_a_number() -> None:
    result = CliRunner().invoke(cli.run_command, ["replay"])
    assert result.exit_code == 2
    assert "--dead" in result.output


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(cli.run_command, ["--help"])
    assert result.exit_code == 0
    for name in ("worker", "migrate", "doctor", "reconcile", "replay", "erase", "fsck"):
        assert f"\n  {name} " in result.output


def test_the_sandbox_needs_no_settings() -> None:
    run = run_module("sandbox", "--help")
    assert run.returncode == 0
    assert "--brand" in run.stdout
