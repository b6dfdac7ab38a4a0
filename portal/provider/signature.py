"""Verifies webhook signatures; does no I/O and reads no clock."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.domain.brands import WebhookScheme

DEFAULT_TOLERANCE_S = 300
_SIGNATURE = re.compile(r"(?:sha256=)?([0-9a-fA-F]{64})", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,11}", re.ASCII)
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_MAX_HEADER = 128

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


class SignatureInvalid(Exception):
    """The request is not proven to come from the provider; `reason` is a fixed word, safe to log."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """An authentic request. `key_id` names the secret that matched without giving it away, `place` is where it
    stands among the active ones, the first being 1.

    `timestamp` is the signed time, None in the body scheme. `stale`: authentic, but further from `now` than
    the tolerance, so it may be a replay: trust no content, only re-read.
    """

    key_id: str
    timestamp: datetime | None
    stale: bool
    place: int = 1


def verify_signature(  # noqa: PLR0917 - a published order
    raw_body: bytes,
    headers: Headers,
    secrets: Sequence[str],
    scheme: WebhookScheme,
    header_prefix: str,
    now: datetime,
    tolerance_s: float = DEFAULT_TOLERANCE_S,
) -> VerifiedSignature:
    """Check the HMAC-SHA256 of a webhook over the bytes exactly as received.

    `scheme` is "timestamped" (signed: `<timestamp>.<body>`, the timestamp header is required) or "body" (only
    the body, no protection from replay); neither ever stands in for the other. All non-empty `secrets` are
    active. Raises SignatureInvalid and nothing else, for any input.
    """
    if not isinstance(raw_body, bytes):
        raise SignatureInvalid("body is not bytes")
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise SignatureInvalid("no secret")
    given = _parse_signature(_get_single_header(headers, f"{header_prefix}-Signature"))
    if scheme == "timestamped":
        text = _get_single_header(headers, f"{header_prefix}-Timestamp")
        if not _TIMESTAMP.fullmatch(text):
            raise SignatureInvalid("malformed timestamp")
        signed = text.encode("ascii") + b"." + raw_body
        timestamp = datetime.fromtimestamp(int(text), UTC)
        stale = abs((now - timestamp).total_seconds()) > tolerance_s
    elif scheme == "body":
        signed, timestamp, stale = raw_body, None, False
    else:
        raise SignatureInvalid("unknown scheme")
    place = _find_matching_key(usable, signed, given)
    return VerifiedSignature(compute_key_id(usable[place - 1]), timestamp, stale, place)


def compute_key_id(secret: str) -> str:
    """Return a short, stable name for a secret that does not reveal it."""
    return hashlib.sha256(b"webhook-key-id:" + _encode_utf8(secret)).hexdigest()[:8]


def _find_matching_key(secrets: Sequence[str], signed: bytes, given: bytes) -> int:
    matched = None
    for place, secret in enumerate(secrets, start=1):
        for key in _build_keys(secret):
            # No early return: the duration must not reveal which secret matched.
            if hmac.compare_digest(hmac.digest(key, signed, "sha256"), given):
                matched = place
    if matched is None:
        raise SignatureInvalid("wrong signature")
    return matched


def _build_keys(secret: str) -> list[bytes]:
    """Return the secret as text and, if it is hex, its bytes: which one is used is not documented."""
    keys = [_encode_utf8(secret)]
    if _HEX_KEY.fullmatch(secret):
        keys.append(bytes.fromhex(secret))
    return keys


def _encode_utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _parse_signature(text: str) -> bytes:
    match = _SIGNATURE.fullmatch(text)
    if match is None:
        raise SignatureInvalid("malformed signature")
    return bytes.fromhex(match[1])


def _get_single_header(headers: Headers, name: str) -> str:
    """Return the value of a header that must occur exactly once; names are case-insensitive."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    normalized = name.lower()
    found = [value for header, value in pairs if isinstance(header, str) and header.lower() == normalized]
    if not found:
        raise SignatureInvalid(f"no {name.rpartition('-')[2].lower()}")
    if len(found) > 1:
        raise SignatureInvalid(f"doubled {name.rpartition('-')[2].lower()}")
    if not isinstance(found[0], str) or len(found[0]) > _MAX_HEADER:
        raise SignatureInvalid(f"malformed {name.rpartition('-')[2].lower()}")
    return found[0]
