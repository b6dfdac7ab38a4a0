"""The webhook signer against the shared vectors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from portal.sandbox import signature

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "webhook_signatures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("key_form", ["text", "hex"])
def test_signs_like_the_vectors(vector, key_form):
    body = vector["body"].encode()
    with_time = signature.sign(vector["secret"], body, vector["timestamp"], key_form)
    without = signature.sign(vector["secret"], body, None, key_form)
    assert with_time == vector[f"{key_form}_ts_body"]
    assert without == vector[f"{key_form}_body"]


def test_headers_carry_the_brand_and_no_timestamp_for_body_only():
    assert signature.headers("X-HeadshotPro", "ab", 5) == {
        "X-HeadshotPro-Signature": "sha256=ab",
        "X-HeadshotPro-Timestamp": "5",
    }
    assert signature.headers("X-ProfileBakery", "ab", None) == {"X-ProfileBakery-Signature": "sha256=ab"}
