"""What is sealed opens with its key, after a rotation too, and with nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.secretbox import DecryptionFailed, SecretBox

OLD, NEW = "old-key-" + "o" * 32, "new-key-" + "n" * 32


@given(st.text(max_size=200))
def test_sealed_value_round_trips(text: str) -> None:
    assert SecretBox([NEW]).open(SecretBox([NEW]).seal(text)) == text


def test_encryption_is_randomized() -> None:
    box = SecretBox([NEW])
    assert b"canary" not in box.seal("canary")
    assert box.seal("canary") != box.seal("canary")


def test_rotation() -> None:
    before, during, after = SecretBox([OLD]), SecretBox([NEW, OLD]), SecretBox([NEW])
    sealed = before.seal("url")
    assert during.open(sealed) == "url"
    with pytest.raises(DecryptionFailed):
        after.open(sealed)
    # During a rotation the first key seals, so that the old one can be dropped later.
    assert after.open(during.seal("url")) == "url"


@pytest.mark.parametrize("sealed", [b"", b"nonsense", b"\xff\xfe", b"gAAAAA=="])
def test_malformed_ciphertext_is_refused(sealed: bytes) -> None:
    with pytest.raises(DecryptionFailed):
        SecretBox([NEW]).open(sealed)


def test_every_changed_byte_is_noticed() -> None:
    box = SecretBox([NEW])
    sealed = box.seal("u")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(DecryptionFailed):
            box.open(bytes(changed))


def test_pseudonyms_are_stable_keyed_and_distinct() -> None:
    box = SecretBox([NEW, OLD])
    assert box.pseudonym("10.0.0.1") == SecretBox([NEW]).pseudonym("10.0.0.1")
    assert box.pseudonym("10.0.0.1") != box.pseudonym("10.0.0.2")
    assert box.pseudonym("10.0.0.1") != SecretBox([OLD]).pseudonym("10.0.0.1")
    assert len(box.pseudonym("")) == 32
