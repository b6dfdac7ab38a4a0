"""Storage keys are made of our ids and hashes and nothing else."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.storage import InvalidKey, build_object_key
from portal.storage.keys import check_key

OWNER = UUID("6f0c2c1e-3c56-4f0e-9a0e-3c8f0a0a0a0a")
SHA = "0123456789abcdef" * 4


def test_storage_key_contains_kind_owner_and_content_hash() -> None:
    assert build_object_key("photos", OWNER, "640", SHA, "webp") == f"photos/{OWNER}/640-0123456789abcdef.webp"


@pytest.mark.parametrize(
    ("area", "name", "sha", "extension"),
    [
        ("../photos", "640", SHA, "webp"),
        ("photos", "../640", SHA, "webp"),
        ("photos", "640", "../" + SHA[3:], "webp"),
        ("photos", "640", SHA[:16], "webp"),
        ("photos", "640", SHA.upper(), "webp"),
        ("photos", "640", SHA, "/etc"),
        ("photos", "64 0", SHA, "webp"),
    ],
)
@pytest.mark.asvs("A34")
def test_foreign_parts_are_refused(area: str, name: str, sha: str, extension: str) -> None:
    with pytest.raises(InvalidKey):
        build_object_key(area, OWNER, name, sha, extension)


@given(st.text(max_size=60) | st.text("az09/._-", max_size=60))
def test_accepted_keys_stay_below_the_root(key: str) -> None:
    try:
        check_key(key)
    except InvalidKey:
        return
    assert re.fullmatch(r"[a-z0-9/_.-]+", key)
    assert all(part and part[0] not in ".-_" and ".." not in part for part in key.split("/"))
