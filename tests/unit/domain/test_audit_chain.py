"""The audit trail's encoding and the walk along its chain, without a database."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.domain.audit_chain import FIELDS, AuditHead, ChainLink, ChainVerifier, compute_digest, encode_fields

NOTHING: tuple[str | None, ...] = (None,) * len(FIELDS)
values = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=8), st.sampled_from(["", "1:", "at=1:2;"]))
rows = st.tuples(*[values] * len(FIELDS))


def build_row(**message: str) -> tuple[str | None, ...]:
    return tuple(message.get(name) for name in FIELDS)


@given(rows, rows)
def test_different_rows_have_different_encodings(one: Any, other: Any) -> None:
    assume(one != other)
    assert encode_fields(one) != encode_fields(other)


@given(rows, st.integers(0, len(FIELDS) - 2))
def test_nothing_can_move_from_one_field_to_the_next(one: Any, at: int) -> None:
    left, right = one[at], one[at + 1]
    assume(left and left != right)
    moved = (*one[:at], left[:-1], (right or "") + left[-1], *one[at + 2 :])
    assert encode_fields(moved) != encode_fields(one)


def test_null_and_empty_text_have_different_encodings() -> None:
    assert encode_fields(NOTHING) == b""
    assert encode_fields(build_row(action="")) == b"action=0:;"


def test_the_encoding_is_the_documented_one() -> None:
    """Programs written from the documentation rely on this; it never changes."""
    message = build_row(
        position="1", id="7", at="1793610000000000", action="sign_in", result="ok", detail='{"role": "ä"}'
    )
    written = b'position=1:1;id=1:7;at=16:1793610000000000;action=7:sign_in;result=2:ok;detail=14:{"role": "\xc3\xa4"};'
    assert encode_fields(message) == written
    assert compute_digest(message) == sha256(written).digest()


def build_chain(length: int) -> list[ChainLink]:
    links: list[ChainLink] = []
    for position in range(1, length + 1):
        previous = links[-1].digest if links else None
        entry = build_row(id=str(position), at="1", action="x", result="ok", detail="{}")[2:]
        made = compute_digest((str(position), previous.hex() if previous else None, *entry))
        links.append(ChainLink(position, position, previous, made, entry))
    return links


def list_faults(links: list[ChainLink], *recorded: AuditHead) -> list[str]:
    walk = ChainVerifier(recorded)
    return [fault.rule for link in links for fault in walk.check_link(link)] + [
        fault.rule for fault in walk.check_end()
    ]


def test_intact_chain_has_no_faults_and_a_head() -> None:
    walk = ChainVerifier()
    assert [fault for link in build_chain(4) for fault in walk.check_link(link)] == []
    assert walk.count == 4
    assert walk.head == AuditHead(4, build_chain(4)[-1].digest)


def test_removed_link_is_one_fault() -> None:
    links = build_chain(5)
    assert list_faults(links[:2] + links[3:]) == ["audit entry is missing"]


def test_every_field_counts() -> None:
    for index in range(len(FIELDS) - 2):
        links = build_chain(3)
        message = list(links[1].entry or ())
        message[index] = "other"
        links[1] = replace(links[1], entry=message)
        assert list_faults(links) == ["audit entry was changed"], FIELDS[index + 2]


def test_recorded_heads_are_checked_once_each() -> None:
    links = build_chain(4)
    heads = [AuditHead(link.position, link.digest) for link in links]
    assert list_faults(links, *heads) == []
    assert list_faults(links[:3], heads[1], heads[3]) == ["audit trail ends before a head that was recorded"]
    wrong = AuditHead(2, heads[2].digest)
    assert list_faults(links, heads[1], wrong) == ["audit trail differs from a head that was recorded"]
    assert list_faults([], heads[0]) == ["audit trail ends before a head that was recorded"]


def test_audit_head_round_trips() -> None:
    head = build_chain(3)[-1]
    assert AuditHead.parse(f" {AuditHead(3, head.digest)}\n") == AuditHead(3, head.digest)


@pytest.mark.parametrize("text", ["", "3", "3:", "0:" + "a" * 64, "3:" + "g" * 64, "3:" + "a" * 63, "٣:" + "a" * 64])
def test_malformed_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        AuditHead.parse(text)
