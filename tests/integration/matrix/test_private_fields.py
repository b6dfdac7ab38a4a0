"""The contents of responses to an employee: their own ids, nothing of the provider's and of other people."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from tests.integration.matrix.conftest import PreparedDatabase
from tests.integration.matrix.directory_fixture import IN_STUDIO, SIGNED, STUDIO, DirectoryFixture, build_session_token
from tests.integration.matrix.recorded_responses import Recorder, Recording
from tests.integration.matrix.table import OTHER, ROLES

# Keys and secrets of the directory's settings, and what a row holds that no page is about.
INNER = (
    *("test-api-key", "test-webhook-secret", "test-oidc-secret", "test-metrics-token", "a-secret-key-of-the-directory"),
    *("storage_key", "token_hash", "provider_id", "signed_url", "dedupe_key", "subject-", "model-of-"),
    *(f"sid-{each}" for each in (*ROLES, OTHER, IN_STUDIO)),
    *("postgresql", "psycopg", "127.0.0.1:1/api", "Traceback"),
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\.\w+")
# In a header: one word of our own, so that nothing has to be quoted, cut or escaped in it.
_NAMED = re.compile(r'(?:inline|attachment); filename="[a-z0-9][a-z0-9.-]{0,60}"')
# A file of one's own may be called after its owner: the same name again, with everything escaped that is no letter.
_NAMED_TWICE = re.compile(
    r"""attachment; filename="[A-Za-z0-9][\w .()-]{0,90}"; filename\*=UTF-8''[\w.%-]{1,300}""", re.ASCII
)
_FOR_PEOPLE = frozenset({"PAGE", "FETCHED", "DOWNLOAD"})
_OWN_FILES = ("/headshots/kit/", "/headshots/archives/")


def list_personal_responses(recording: Recording) -> list[TestResponse]:
    """Return every response that is for people, the errors included."""
    return [response for route, response in recording.responses if route is None or route.row.kind.name in _FOR_PEOPLE]


def read_response(response: TestResponse) -> str:
    """Everything of a response that can be read, its headers included; a stream's body never ends."""
    body = "" if response.mimetype == "text/event-stream" else response.get_data().decode("utf-8", "replace")
    return "\n".join(f"{name}: {value}" for name, value in response.headers) + body


@pytest.mark.parametrize("name", ["employee", IN_STUDIO, "anonymous"])
@pytest.mark.asvs("A39")
def test_employee_reads_only_own_data_and_no_internals(
    name: str, recorded: Recorder, prepared: PreparedDatabase
) -> None:
    others = {*ROLES, OTHER, IN_STUDIO} - {name}
    strange = [*(f"{each.title()} Townsend" for each in others), *(f"{each}@example.com" for each in others)]
    # Not even one's own; pages need no such id.
    strange += [ids["person_id"] for ids in prepared.ids.values()]
    read = 0
    for response in list_personal_responses(recorded(name)):
        where, text = response.request.path, read_response(response)
        # A signed session is shown to its owner in its frame, and its address names the provider's ids.
        inner = [each for each in INNER if each in text.replace(SIGNED, "")]
        assert inner == [], where
        # After a redirect the requested page is part of the address.
        assert [each for each in strange if each in text and each not in where] == [], where
        assert set(_ADDRESS.findall(text)) <= {f"{name}@example.com", "help@example.com"}, where
        assert SIGNED not in text or (name == IN_STUDIO and where == "/headshots/studio"), where
        read += len(text)
    assert read > 20_000


def test_polled_response_is_a_fragment_of_the_page(directory: DirectoryFixture) -> None:
    for name in ("employee", IN_STUDIO):
        response = directory.actor(name).call("GET", "/headshots/status")
        assert response.mimetype == "text/html"
    refused = directory.actor("anonymous").call("GET", "/headshots/status")
    assert refused.json is not None
    assert set(refused.json) == {"error", "message", "request_id"}


@pytest.mark.parametrize("name", ["manager", "operator", "admin"])
@pytest.mark.asvs("A53")
def test_secrets_and_links_of_others_are_never_in_responses(name: str, recorded: Recorder) -> None:
    secret = INNER[:5]
    for response in list_personal_responses(recorded(name)):
        text = read_response(response)
        assert [each for each in (*secret, SIGNED, STUDIO + "/session", "Traceback") if each in text] == [], (
            response.request.path
        )


def test_database_holds_no_secret_that_opens_anything(recorded: Recorder) -> None:
    """A copy of it without the cookie has no session and shows none."""
    dumps = [recorded(name).database for name in ("employee", IN_STUDIO, "admin")]
    held = "\n".join(value for dump in dumps for rows in dump.values() for row in rows for value in row.values())
    tokens = [build_session_token(each) for each in (*ROLES, OTHER, IN_STUDIO)]
    assert [each for each in (*INNER[:5], SIGNED, "not-for-anybody-else", *tokens) if each in held] == []
    assert "subject-employee" in held


@pytest.mark.asvs("A34")
def test_file_names_contain_no_input_from_people(recorded: Recorder) -> None:
    named = 0
    for response in list_personal_responses(recorded("admin")):
        for value in response.headers.getlist("Content-Disposition"):
            form = _NAMED_TWICE if response.request.path.startswith(_OWN_FILES) else _NAMED
            assert form.fullmatch(value), value
            named += 1
    assert named >= 2
