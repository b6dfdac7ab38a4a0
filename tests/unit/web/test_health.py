"""Probes and counters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient


def test_liveness_needs_no_database(client: FlaskClient) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


@pytest.mark.asvs("A54")
def test_readiness_fails_without_database_and_without_details(client: FlaskClient) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json) == (503, {"status": "database unavailable"})


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", "Basic test-metrics-token", "Bearer é"])
def test_metrics_require_the_token(given: str | None, client: FlaskClient) -> None:
    headers = {} if given is None else {"Authorization": given}
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 401
    assert "portal_" not in response.text


def test_metrics_name_routes_and_no_people(client: FlaskClient) -> None:
    client.get("/icons/somebody.svg")
    response = client.get("/metrics", headers={"Authorization": "Bearer test-metrics-token"})
    assert response.status_code == 200
    assert 'route="/icons/<name>.svg",status="404"' in response.text
    assert "somebody" not in response.text


def test_metrics_without_a_configured_token_are_not_found(make_app: Callable[..., Flask]) -> None:
    client = make_app(metrics_token=None).test_client()
    assert client.get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 404


def test_metrics_of_several_processes_are_summed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path_factory.mktemp("metrics")))
    response = client.get("/metrics", headers={"Authorization": "Bearer test-metrics-token"})
    assert (response.status_code, response.text) == (200, "")
