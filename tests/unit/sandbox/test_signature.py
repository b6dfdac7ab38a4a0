"""The webhook signer against the shared vectors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox import signature
from sandbox.signature import KeyForm

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "webhook_signatures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("key_form", ["text", "hex"])
def test_signs_like_the_vectors(key_form: KeyForm) -> None:
    body, timestamp = VECTOR["body"].encode(), int(VECTOR["timestamp"])
    with_time = signature.sign_body(VECTOR["secret"], body, timestamp, key_form)
    without = signature.sign_body(VECTOR["secret"], body, None, key_form)
    assert with_time == VECTOR[f"{key_form}_ts_body"]
    assert without == VECTOR[f"{key_form}_body"]


def test_headers_carry_the_brand_and_no_timestamp_for_body_only() -> None:
    assert signature.build_headers("X-HeadshotPro", "ab", 5) == {
        "X-HeadshotPro-Signature": "sha256=ab",
        "X-HeadshotPro-Timestamp": "5",
    }
    assert signature.build_headers("X-ProfileBakery", "ab", None) == {"X-ProfileBakery-Signature": "sha256=ab"}
