"""Webhook signatures: published vectors, every way to be wrong, and nothing but one exception."""

from __future__ import annotations

import ast
import hmac
import inspect
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.provider import signature
from portal.provider.signature import SignatureInvalid, VerifiedSignature, verify_signature

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "webhook_signatures.json").read_text(encoding="utf-8"))
SECRET, STAMP, BODY = VECTORS["secret"], VECTORS["timestamp"], VECTORS["body"].encode()
NOW = datetime.fromtimestamp(int(STAMP), UTC)
PREFIX = "X-HeadshotPro"
GOOD = {f"{PREFIX}-Signature": f"sha256={VECTORS['text_ts_body']}", f"{PREFIX}-Timestamp": STAMP}


def sign_body(body: bytes = BODY, stamp: str = STAMP, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.digest(secret.encode(), f"{stamp}.".encode() + body, "sha256").hex()
    return {f"{PREFIX}-Signature": f"sha256={digest}", f"{PREFIX}-Timestamp": stamp}


def check_signature(body: bytes = BODY, headers: object = None, **options: object) -> VerifiedSignature:
    arguments: dict[str, object] = {
        "secrets": [SECRET],
        "scheme": "timestamped",
        "header_prefix": PREFIX,
        "now": NOW,
        "tolerance_s": 300,
    }
    return verify_signature(body, GOOD if headers is None else headers, **(arguments | options))  # type: ignore[arg-type]


def get_reason(body: bytes = BODY, headers: object = None, **options: object) -> str:
    with pytest.raises(SignatureInvalid) as caught:
        check_signature(body, headers, **options)
    return caught.value.reason


@pytest.mark.parametrize("name", ["text_ts_body", "hex_ts_body"])
def test_timestamped_vectors(name: str) -> None:
    verified = check_signature(headers=GOOD | {f"{PREFIX}-Signature": VECTORS[name]})
    assert verified == VerifiedSignature(signature.compute_key_id(SECRET), NOW, stale=False)


@pytest.mark.parametrize("name", ["text_body", "hex_body"])
def test_body_vectors(name: str) -> None:
    verified = check_signature(headers={f"{PREFIX}-Signature": f"sha256={VECTORS[name]}"}, scheme="body")
    assert verified == VerifiedSignature(signature.compute_key_id(SECRET), None, stale=False)


@pytest.mark.parametrize(
    ("key", "message", "digest"),
    [
        (
            "It's a Secret to Everybody",
            b"Hello, World!",
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )
    ],
)
def test_published_vector_of_the_same_shape(key: str, message: bytes, digest: str) -> None:
    headers = {f"{PREFIX}-Signature": f"sha256={digest}"}
    assert check_signature(message, headers, scheme="body", secrets=[key]).timestamp is None


@pytest.mark.parametrize(
    "body", [b'{ "b" : 1,\n\t"a":2}', b'{"a":"\\u00e9"}', b'{"a":1,"a":2}', b"", b"\xff\x00 no text at all"]
)
def test_bytes_are_measured_as_received(body: bytes) -> None:
    assert check_signature(body, sign_body(body)).stale is False
    assert get_reason(body + b" ", sign_body(body)) == "wrong signature"


def test_a_reserialised_body_fails() -> None:
    body = b'{ "b": 1, "a": "\\u00e9" }'
    assert get_reason(json.dumps(json.loads(body)).encode(), sign_body(body)) == "wrong signature"


def test_header_names_in_any_case_and_pairs_are_accepted() -> None:
    assert check_signature(headers=[(name.lower(), value) for name, value in GOOD.items()])
    assert check_signature(headers={name.upper(): value for name, value in GOOD.items()})
    assert check_signature(headers=GOOD | {f"{PREFIX}-Signature": VECTORS["text_ts_body"].upper()})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "malformed signature"),
        ("sha256=", "malformed signature"),
        ("sha1=" + "0" * 64, "malformed signature"),
        ("SHA256=" + "0" * 64, "malformed signature"),
        ("sha256=" + "g" * 64, "malformed signature"),
        ("sha256=" + "é" * 64, "malformed signature"),
        ("sha256=" + "٣" * 64, "malformed signature"),
        ("sha256=" + VECTORS["text_ts_body"] + "\n", "malformed signature"),
        (" " + VECTORS["text_ts_body"], "malformed signature"),
        (f"{VECTORS['text_ts_body']},{VECTORS['text_ts_body']}", "malformed signature"),
        ("a,b", "malformed signature"),
        ("\ud800", "malformed signature"),
        ("a" * 1_000_000, "malformed signature"),
        (None, "malformed signature"),
        (VECTORS["text_ts_body"].encode(), "malformed signature"),
        ("0" * 64, "wrong signature"),
    ],
)
def test_bad_signature_headers(value: object, expected: str) -> None:
    assert get_reason(headers=GOOD | {f"{PREFIX}-Signature": value}) == expected


@pytest.mark.parametrize("digits", [8, 16, 32, 62, 63, 65, 128])
def test_truncated_or_longer_digests_are_refused(digits: int) -> None:
    value = (VECTORS["text_ts_body"] * 2)[:digits]
    assert get_reason(headers=GOOD | {f"{PREFIX}-Signature": f"sha256={value}"}) == "malformed signature"


@pytest.mark.parametrize(
    "value",
    ["", "abc", "nan", "1e9", "1700000000.0", "-1700000000", " 1700000000", "1700000000 ", "1" * 20,
     "١٧٠٠٠٠٠٠٠٠", "１７００００００００", "1_700_000_000", "0x65", "+1700000000", "\ud800", "9" * 1_000_000, None],
)  # fmt: skip
def test_bad_timestamps(value: object) -> None:
    assert get_reason(headers=GOOD | {f"{PREFIX}-Timestamp": value}) == "malformed timestamp"


def test_missing_and_doubled_headers() -> None:
    pairs = list(GOOD.items())
    assert get_reason(headers={}) == "no signature"
    assert get_reason(headers=[pairs[0]]) == "no timestamp"
    assert get_reason(headers=[*pairs, pairs[0]]) == "doubled signature"
    assert get_reason(headers=[*pairs, (pairs[1][0].lower(), "1")]) == "doubled timestamp"


def test_a_moved_timestamp_is_a_wrong_signature() -> None:
    moved = str(int(STAMP) + 1)
    assert get_reason(headers=GOOD | {f"{PREFIX}-Timestamp": moved}) == "wrong signature"


@given(position=st.integers(0, len(BODY) * 8 - 1))
def test_any_flipped_bit_of_the_body_is_found(position: int) -> None:
    flipped = bytearray(BODY)
    flipped[position // 8] ^= 1 << position % 8
    assert get_reason(bytes(flipped)) == "wrong signature"


@given(position=st.integers(0, 255))
def test_any_flipped_bit_of_the_signature_is_found(position: int) -> None:
    digest = bytearray.fromhex(VECTORS["text_ts_body"])
    digest[position // 8] ^= 1 << position % 8
    assert get_reason(headers=GOOD | {f"{PREFIX}-Signature": digest.hex()}) == "wrong signature"


@given(position=st.integers(0, len(STAMP) * 8 - 1))
def test_any_flipped_bit_of_the_timestamp_is_found(position: int) -> None:
    stamp = bytearray(STAMP.encode())
    stamp[position // 8] ^= 1 << position % 8
    headers = GOOD | {f"{PREFIX}-Timestamp": stamp.decode("latin-1")}
    assert get_reason(headers=headers) in {"wrong signature", "malformed timestamp"}


@pytest.mark.parametrize(
    ("seconds", "stale"),
    [(-299, False), (-300, False), (-301, True), (299, False), (300, False), (301, True), (86_400, True)],
)
def test_the_edges_of_the_tolerance(seconds: int, stale: bool) -> None:
    assert check_signature(now=NOW + timedelta(seconds=seconds)).stale is stale


def test_several_secrets_are_active_at_once() -> None:
    old, new = "old" * 20, "new" * 20
    for place, secret in enumerate((old, new), start=1):
        verified = check_signature(headers=sign_body(secret=secret), secrets=[old, new])
        assert (verified.key_id, verified.place) == (signature.compute_key_id(secret), place)
    assert get_reason(headers=sign_body(secret=old), secrets=[new]) == "wrong signature"
    assert get_reason(headers=sign_body(secret="neither"), secrets=[old, new]) == "wrong signature"
    assert signature.compute_key_id(old) not in old


@pytest.mark.parametrize("secrets", [[], [""], ("", "")])
def test_without_a_secret_nothing_is_accepted(secrets: list[str]) -> None:
    assert get_reason(headers=sign_body(secret="x"), secrets=secrets) == "no secret"
    empty = hmac.digest(b"", STAMP.encode() + b"." + BODY, "sha256").hex()
    assert get_reason(headers=GOOD | {f"{PREFIX}-Signature": empty}, secrets=["", SECRET]) == "wrong signature"


def test_signature_schemes_are_not_interchangeable() -> None:
    body_only = {f"{PREFIX}-Signature": VECTORS["text_body"]}
    assert get_reason(headers=body_only) == "no timestamp"
    assert get_reason(headers=GOOD | body_only) == "wrong signature"
    assert get_reason(scheme="body") == "wrong signature"
    assert get_reason(scheme="none") == "unknown scheme"


def test_another_brands_header_does_not_count() -> None:
    assert get_reason(header_prefix="X-ProfileBakery") == "no signature"


@pytest.mark.parametrize("body", ["text", None, bytearray(BODY), 7])
def test_only_bytes_are_verified(body: object) -> None:
    assert get_reason(body) == "body is not bytes"  # type: ignore[arg-type]


@given(
    body=st.binary(max_size=200),
    headers=st.lists(
        st.tuples(
            st.sampled_from([f"{PREFIX}-Signature", f"{PREFIX}-Timestamp", "x-headshotpro-timestamp", "Other"]),
            st.one_of(st.text(), st.integers().map(str), st.floats().map(str), st.just(VECTORS["text_ts_body"])),
        ),
        max_size=4,
    ),
    secrets=st.lists(st.text(), max_size=3),
    scheme=st.sampled_from(["timestamped", "body", "other"]),
)
def test_no_input_raises_anything_else(
    body: bytes, headers: list[tuple[str, str]], secrets: list[str], scheme: str
) -> None:
    with pytest.raises(SignatureInvalid):
        check_signature(body, headers, secrets=secrets, scheme=scheme)


def test_the_comparison_is_constant_time() -> None:
    tree = ast.parse(inspect.getsource(signature))
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "compare_digest" in called
    for compare in (node for node in ast.walk(tree) if isinstance(node, ast.Compare)):
        names = {node.id for node in ast.walk(compare) if isinstance(node, ast.Name)}
        assert not names & {"given", "signed", "key"}, "digests are compared by compare_digest only"
