"""Creating while responses get lost: a search before each attempt leads to exactly one session for each person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.provider import ProviderClient
from portal.provider.errors import ProviderError
from tests.integration.provider.conftest import Studio

CREATE = {"method": "POST", "path": "*/organization/models", "count": None}
READS = {"method": "GET", "path": "*/organization/models", "count": None}


def create_session_once(studio: Studio, client: ProviderClient, email: str) -> str:
    """Create once; after an unknown outcome, search before the next attempt."""
    for attempt in range(60):
        try:
            if attempt and (found := client.find_model_by_email(email)) is not None:
                return found.id
            return client.create_model(email).model_id
        except ProviderError as error:
            if not (error.retryable or error.outcome_unknown):
                pytest.fail(f"nothing here needs a person: {error!r}")
            studio.time.sleep(31)
    pytest.fail("the session never came about")


def test_lost_responses_create_no_second_session(studio: Studio) -> None:
    studio.break_calls("lost_answer", **CREATE)
    emails = [f"person{number}@example.com" for number in range(200)]
    made = {create_session_once(studio, studio.client, email) for email in emails}
    studio.control("/faults", method="DELETE")
    listed = list(studio.client.list_models())
    assert len(listed) == 200
    assert {model.id for model in listed} == made
    assert {model.email for model in listed} == set(emails)


def test_every_fault_at_once_creates_no_second_session(studio: Studio) -> None:
    for fault in ("lost_answer", "refuse", "bad_gateway", "server_error", "malformed", "short_body"):
        studio.break_calls(fault, **CREATE, probability=0.12)
        studio.break_calls(fault, **READS, probability=0.05)
    emails = [f"person{number}@example.com" for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda email: create_session_once(studio, studio.client, email), emails))
    studio.control("/faults", method="DELETE")
    studio.time.sleep(31)
    assert sorted(str(model.email) for model in studio.client.list_models()) == sorted(emails)
    assert len(made) == 60
