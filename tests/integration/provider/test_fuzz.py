"""Five hundred absurd responses: each is a well-formed value or a ProviderError, never anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.provider import BRANDS, ProviderClient
from portal.provider.errors import ProviderError
from tests.unit.provider.budget_doubles import FakeTime
from tests.unit.provider.operation_cases import OPERATIONS, Operation
from tests.unit.provider.scripted_server import Reply, ScriptedServer, run_scripted_server

ODD: list[Any] = [
    None, True, False, 0, -1, 0.25, 10**30, "", " ", "\x00", "x" * 5000, "ada@example.com", "../..", [], {}, [None],
    [[]], {"id": None}, {"id": "m", "status": "never seen"}, "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-14:00",
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with run_scripted_server() as script:
        yield script


@st.composite
def draw_mutation(draw: st.DrawFn, value: Any) -> Any:
    """The value with some of its parts replaced, removed, renamed or repeated."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(ODD))
    if isinstance(value, dict):
        changed = {name: draw(draw_mutation(part)) for name, part in value.items() if draw(st.integers(0, 8))}
        return changed | ({draw(st.sampled_from(["_id", "data", "code", "extra"])): draw(st.sampled_from(ODD))}
                          if draw(st.booleans()) else {})  # fmt: skip
    if isinstance(value, list):
        return [draw(draw_mutation(part)) for part in value for _ in range(draw(st.integers(0, 2)))]
    return value


@st.composite
def draw_reply(draw: st.DrawFn, response: dict[str, Any]) -> Reply:
    status = draw(st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 404, 429, 500, 503]))
    headers = draw(
        st.dictionaries(
            st.sampled_from(["X-RateLimit-Reset", "X-RateLimit-Remaining", "Retry-After", "Content-Type"]),
            st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
            max_size=3,
        )
    )
    if draw(st.integers(0, 6)) == 0:
        return Reply(status, draw(st.binary(max_size=60)), headers)
    body = json.dumps(draw(draw_mutation({"success": True} | response))).encode()
    cut = draw(st.integers(0, len(body))) if draw(st.integers(0, 8)) == 0 else len(body)
    return Reply(status, b"" if status == 204 else body[:cut], headers)


def is_well_formed(value: Any) -> bool:
    """Whether a value matches its type, recursively."""
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        return all(is_well_formed(getattr(value, field.name)) for field in fields) and all(
            getattr(value, field.name) is not None for field in fields if field.required
        )
    if isinstance(value, tuple | list):
        return all(map(is_well_formed, value))
    if isinstance(value, datetime):
        return value.tzinfo is UTC
    if isinstance(value, str):
        return "\x00" not in value
    return value is None or isinstance(value, bool | int | Decimal)


@settings(max_examples=500, deadline=None)
@given(data=st.data(), operation=st.sampled_from(OPERATIONS))
def test_no_response_breaks_the_client(server: ScriptedServer, data: st.DataObject, operation: Operation) -> None:
    server.set_replies(data.draw(draw_reply(operation.response)))
    time = FakeTime()
    client = ProviderClient(BRANDS["headshotpro"], "k", server.api_url, clock=time.clock, sleep=time.sleep)
    try:
        value = operation.call(client)
    except ProviderError:
        return
    finally:
        client.close()
    assert is_well_formed(value)
