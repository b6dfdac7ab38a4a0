"""The OpenAPI document against the sandbox that serves it: read by hand, and hunted by schemathesis."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import requests

from sandbox.openapi import build_document
from sandbox.testing import start_sandbox
from tests.integration.sandbox.conftest import ApiClient

CONFIG = Path(__file__).with_name("schemathesis.toml")
METHODS = {"get", "post", "put", "delete"}


@pytest.fixture
def described(api_client: Any) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{api_client.running.base_url}/openapi.json", timeout=60).json()
    return found


def check_response(described: dict[str, Any], method: str, path: str, response: requests.Response) -> None:
    operation = described["paths"][path][method]
    schema = operation["responses"][str(response.status_code)]["content"]["application/json"]["schema"]
    whole = {**schema, "components": described["components"]}
    jsonschema_rs.validator_for(whole, validate_formats=True).validate(response.json())


def test_openapi_file_names_the_24_operations_and_only_real_ones(described: dict[str, Any]) -> None:
    operations = [(path, method) for path, item in described["paths"].items() for method in METHODS & set(item)]
    assert len(operations) == 24
    names = [described["paths"][path][method]["operationId"] for path, method in operations]
    assert len(set(names)) == 24
    assert described["openapi"] == "3.1.0"
    assert build_document("http://x", "HeadshotPro")["servers"] == [{"url": "http://x/api/v2"}]


def test_whole_journey_matches_openapi_description(api_client: Any, described: dict[str, Any]) -> None:
    team = api_client.api("POST", "/organization/teams", json={"name": "Blue"})
    team_id = team.json()["organization"]["teams"][0]["id"]
    model_id = api_client.create(teamId=team_id)
    api_client.control("POST", f"/models/{model_id}/advance")
    photo_id = api_client.control("POST", f"/models/{model_id}/favorite")["favoritePhotoId"]
    waiting = api_client.create("new@example.com", isDevelopment=True)
    model, photos = "/organization/models/{modelId}", "/organization/models/{modelId}/photos"
    steps: list[tuple[str, str, dict[str, str], dict[str, Any] | None]] = [
        ("get", "/organization", {}, None),
        ("get", "/organization/credits", {}, None),
        ("get", "/organization/teams", {}, None),
        ("put", "/organization/teams/{teamId}", {"teamId": team_id}, {"name": "Green"}),
        ("post", "/organization/teams/{teamId}/members", {"teamId": team_id}, {"emails": ["new@example.com"]}),
        ("post", "/organization/invites", {}, {"email": "bob@example.com", "teamId": team_id}),
        ("get", "/organization/invites", {}, None),
        ("get", "/organization/invites/{email}", {"email": "bob@example.com"}, None),
        ("post", "/organization/invites/revoke", {}, {"email": "bob@example.com"}),
        ("get", "/organization/team", {}, None),
        ("get", "/organization/team/accepted", {}, None),
        ("get", "/organization/team/pending", {}, None),
        ("get", "/organization/team/finished", {}, None),
        ("post", "/organization/models", {}, {"email": "c@example.com", "version": "one-shot"}),
        ("get", "/organization/models", {}, None),
        ("get", model, {"modelId": model_id}, None),
        ("get", model, {"modelId": "nothing"}, None),
        ("get", photos, {"modelId": model_id}, None),
        ("get", f"{photos}/favorite", {"modelId": model_id}, None),
        ("get", f"{photos}/favorite", {"modelId": waiting}, None),
        ("get", f"{photos}/{{photoId}}", {"modelId": model_id, "photoId": photo_id}, None),
        ("post", f"{photos}/download", {"modelId": model_id}, {"include": "all"}),
        ("get", "/organization/photos/favorites", {}, None),
        ("delete", "/organization/teams/{teamId}", {"teamId": team_id}, None),
        ("delete", model, {"modelId": model_id}, None),
        ("delete", model, {"modelId": model_id}, None),
    ]
    for method, path, values, body in steps:
        response = api_client.api(method.upper(), path.format(**values), json=body)
        check_response(described, method, path, response)
    assert {(method, path) for method, path, _, _ in steps} | {("post", "/organization/teams")} == {
        (method, path) for path, item in described["paths"].items() for method in METHODS & set(item)
    }


@pytest.mark.timeout(300)
def test_schemathesis_finds_nothing() -> None:
    switches = {"rate_limit": 1_000_000, "pictures": "plain", "gallery_size": 3}
    with start_sandbox(switches=switches, credits=1_000_000) as running:
        ApiClient(running).finish()
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file",
            str(CONFIG),
            "run",
            f"{running.base_url}/openapi.json",
            "--header",
            f"Authorization: Bearer {running.api_key}",
            "--checks",
            "all",
            "--max-examples",
            "15",
            "--seed",
            "1",
            "--generation-database",
            "none",
        ]
        found = subprocess.run(command, capture_output=True, text=True, timeout=220, check=False)
    assert found.returncode == 0, found.stdout[-8000:] + found.stderr[-2000:]
    assert "24/24" in found.stdout
