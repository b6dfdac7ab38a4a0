"""The documentation names what exists: every setting, every command, every page it links to."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from portal.cli import run_command

TOP = Path(__file__).parents[2]
DOCS = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]


def test_every_setting_is_documented() -> None:
    """Every setting app.json lists is explained in the settings page, and nothing else is."""
    in_app_json = set(json.loads((TOP / "app.json").read_text())["env"])
    documented = {
        name
        for row in re.findall(r"^\| (`.+?) \|", (TOP / "docs/settings.md").read_text(), re.M)
        for name in re.findall(r"`([A-Z][A-Z_]+)`", row)
    }
    assert documented - {"PORT", "BIND"} == in_app_json


def test_every_command_is_in_the_runbook() -> None:
    """The runbook describes every command."""
    text = (TOP / "docs/runbook.md").read_text()
    missing = [name for name in run_command.commands if f"`{name}" not in text]
    assert missing == []


def test_providers_that_were_tried_have_the_versions_that_are_locked() -> None:
    """The table in sign-in.md names the releases that the tests run."""
    providers = TOP / "tests/integration"
    certified = json.loads((providers / "certified/package-lock.json").read_text())["packages"]
    locked = {"`oidc-provider` (certified)": certified["node_modules/oidc-provider"]["version"]}
    for title, name, lock in (
        ("Canaille", "canaille", providers / "providers/canaille/requirements.txt"),
        ("django-oauth-toolkit", "django-oauth-toolkit", providers / "providers/django_oauth_toolkit/requirements.txt"),
        ("`oidc-provider-mock`", "oidc-provider-mock", TOP / "requirements-demo.txt"),
    ):
        found = re.search(rf"^{name}==(\S+)", lock.read_text(), re.M)
        assert found is not None
        locked[title] = found[1]
    tried = re.findall(r"^\| ([^|]+) \| ([\d.]+) \|", (TOP / "docs/sign-in.md").read_text(), re.M)
    assert dict(tried) == locked


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture exists."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_named_files_exist(page: Path) -> None:
    """Every path in backticks that starts with a folder of the project, or is that of a Python file, exists."""
    named = re.findall(
        r"`((?:portal|sandbox|demo|bench|tests|templates|static|scripts|docs|translations)/[\w./-]*"
        r"|[\w-]+(?:/[\w-]+)+\.py)`",
        page.read_text(),
    )
    assert [path for path in named if not any((base / path).exists() for base in (TOP, TOP / "portal"))] == []
