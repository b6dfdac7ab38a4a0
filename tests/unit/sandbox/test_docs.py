"""The sandbox's page in the docs names everything that can be set or broken."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from sandbox.account import NAMES
from sandbox.faults import ApiFault, WebhookFault
from sandbox.server import _build_parser
from sandbox.switches import Switches

TEXT = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
OPTIONS = [option for action in _build_parser()._actions for option in action.option_strings if option.startswith("--")]


@pytest.mark.parametrize("name", [*Switches.__struct_fields__, *NAMES, *get_args(ApiFault), *get_args(WebhookFault)])
def test_documentation_names_every_switch_setting_and_fault(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("option", [option for option in OPTIONS if option != "--help"])
def test_documentation_names_every_argument(option: str) -> None:
    assert f"`{option}" in TEXT
