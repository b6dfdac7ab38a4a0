"""The check of the logs: it finds private values and reports their place without repeating them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.canaries import CANARIES, find_private_logs, find_private_output

PRIVATE = {
    "a key of the portal": "test-api-key",
    "a key of the sandbox": "sandbox-" + "x" * 32,
    "a token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
    "a signed address": "https://studio.example/session?signature=abcdef123456",
    "a code or state": "GET /login/callback?code=abcdef123456",
    "a cookie": "portal_session=" + "a" * 43,
    "an e-mail address": "person12@example.com",
    "a name": "Ada Lovelace",
    "a photo": "\\xff\\xd8\\xff\\xe0",
}


def build_line(message: str) -> str:
    return f'{{"at": "2026-11-02T09:00:00", "level": "error", "message": "it failed", "detail": "{message}"}}'


def test_each_kind_has_an_example() -> None:
    assert PRIVATE.keys() == CANARIES.keys()


@pytest.mark.parametrize("kind", PRIVATE)
def test_private_values_are_found_and_not_repeated(kind: str, tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_text(f"{build_line('nothing')}\n{build_line(PRIVATE[kind])}\n")
    (tmp_path / "identity.log").write_text(build_line(PRIVATE[kind]))
    found = [*find_private_output(build_line(PRIVATE[kind])), *find_private_logs(tmp_path)]
    assert found == [f"{kind} in the event 'it failed'", f"worker.log: {kind} in the event 'it failed'"]
    assert PRIVATE[kind] not in str(found)
    # Or the watch over this very run would find it.
    (tmp_path / "worker.log").unlink()


def test_hidden_and_unknown_photos_are_ignored() -> None:
    message = "https://studio.example/session?[hidden] signature=[hidden] state: ready, 200, people@ the office"
    assert find_private_output(build_line(message)) == []


def test_canary_of_a_test_is_not_another_tests() -> None:
    assert find_private_output("Ada Lovelace, person12@example.com") == []
