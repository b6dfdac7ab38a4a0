"""The health page's test session: what it proves, what it leaves, and the message of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests
from flask import Flask

from portal.db import transaction
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.services import health_records
from portal.services.check_results import CheckFailed
from portal.web.context import get_context
from sandbox.testing import API_KEY, RunningSandbox, start_sandbox
from tests import factories
from tests.integration.web_pages.conftest import Visitor

PATH = "/admin/health/test-session"


@pytest.fixture
def studio() -> Iterator[RunningSandbox]:
    """A sandbox without credits, so that only development sessions can be made."""
    with start_sandbox(credits=0, switches={"rate_limit": 100_000}) as running:
        yield running


@pytest.fixture
def app(make_app: Callable[..., Flask], studio: RunningSandbox) -> Flask:
    return make_app(api_key=API_KEY, api_url=studio.api_url)


@pytest.fixture
def operator(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    return sign_in(factories.make_person("oda@example.com", name="Oda", role="operator"))


def list_results() -> list[str]:
    with transaction() as session:
        entries = session.query(AuditEntry).filter_by(action="provider.session_probed").order_by(AuditEntry.id)
        return [entry.result for entry in entries]


def check_whitelabel() -> str:
    context = get_context()
    return health_records.check_whitelabel(context.settings, context.clock())


def test_test_session_proves_whitelabel_costs_nothing_and_leaves_nothing(operator: Visitor) -> None:
    assert "It doesn’t prove that the studio opens in this portal" in operator.page("/admin/health").text
    for _ in range(2):
        assert operator.press(PATH).location == "/admin/health"
    assert "The studio made a test session and deleted it" in operator.page("/admin/health").text
    assert list(get_context().provider.list_models()) == []
    assert list_results() == ["ok", "ok"]
    assert "proved by the session" in str(check_whitelabel())


def test_refused_test_session_shows_what_to_do(operator: Visitor, studio: RunningSandbox) -> None:
    response = requests.put(f"{studio.control_url}/settings", json={"whitelabel": False}, timeout=60)
    assert response.ok, response.text
    operator.press(PATH)
    assert "Ask the studio to switch the feature on." in operator.page("/admin/health").text
    assert list_results() == ["refused"]
    with pytest.raises(CheckFailed, match="switch whitelabel on"):
        check_whitelabel()
