"""The policy by destination: defaults, parsing, and what is made of a photo."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.domain.ai_policy import DEFAULT_AI_POLICY, AiPolicy, list_offered, parse_ai_policy
from portal.domain.kit_files import KIT_FILES

DOC = Path(__file__).parents[3] / "docs/privacy/ai-disclosure.md"


def test_each_kit_file_has_a_default() -> None:
    assert set(DEFAULT_AI_POLICY) == {spec.key for spec in KIT_FILES}
    assert parse_ai_policy("") == DEFAULT_AI_POLICY


def test_named_destinations_change_and_others_keep_their_default() -> None:
    policy = parse_ai_policy(" badge = own-photo, web=label,")
    assert policy["badge"] is AiPolicy.OWN_PHOTO
    assert policy["web"] is AiPolicy.LABEL
    assert policy["chat"] is DEFAULT_AI_POLICY["chat"]


@pytest.mark.parametrize(
    ("text", "named"), [("door=label", "badge"), ("badge=never", "own-photo"), ("badge", "own-photo")]
)
def test_error_names_what_is_allowed(text: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        parse_ai_policy(text)


def test_generated_photo_is_not_offered_where_own_photos_are_required() -> None:
    policy = parse_ai_policy("badge=own-photo")
    assert "badge" not in {spec.key for spec in list_offered(policy, is_generated=True)}
    assert list_offered(policy, is_generated=False) == KIT_FILES


def test_documented_defaults_are_the_ones_in_use() -> None:
    documented = {}
    for keys, policy in re.findall(r"^\| ((?:`[\w-]+`(?:, )?)+) \| `([\w-]+)` \| .+ \|$", DOC.read_text(), re.M):
        documented |= dict.fromkeys(re.findall(r"`([\w-]+)`", keys), policy)
    assert documented == {key: str(policy) for key, policy in DEFAULT_AI_POLICY.items()}
