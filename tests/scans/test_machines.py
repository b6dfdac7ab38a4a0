"""The description of what machines call, against the portal: complete, true, and hunted by schemathesis."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.matrix.directory_fixture import DirectoryFixture
from tests.integration.matrix.table import Kind, list_routes
from tests.scans.conftest import Target

DOCUMENT = Path(__file__).parents[2] / "docs" / "machines.openapi.json"
CONFIG = Path(__file__).with_name("schemathesis.toml")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method"
)
# Pictures are described by their pages.
_PICTURES = {"/photos/<uuid:photo_id>/<rendition>", "/admin/people/<uuid:person_id>/headshot.jpg"}
_BRANDS = "<any(profilebakery, headshotpro):slug>"


@pytest.fixture
def directory(target: Target) -> DirectoryFixture:
    return target.directory


def test_openapi_file_names_every_machine_address_and_no_other(directory: DirectoryFixture) -> None:
    described = {
        f"{method.upper()} {path}"
        for path, item in json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"].items()
        for method in item
    }
    served = {
        f"{route.method} {route.rule.replace(_BRANDS, '{brand}')}"
        for route in list_routes(directory.app)
        if route.row.kind in {Kind.MACHINE, Kind.FETCHED} and route.method != "HEAD" and route.rule not in _PICTURES
    }
    assert described == served


@pytest.mark.timeout(300)
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "anonymous"])
def test_query_and_headers_do_not_change_machine_endpoints(signed_in: bool, target: Target, tmp_path: Path) -> None:
    command = [
        *(
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file",
            str(CONFIG),
            "run",
            str(DOCUMENT),
            "--url",
            target.address,
        ),
        *("--checks", CHECKS, "--max-examples", "25", "--phases", "examples,coverage,fuzzing", "--seed", "1"),
        # The stream never ends by itself; the matrix tests cover it.
        *("--exclude-operation-id", "events", "--generation-database", "none", "--request-timeout", "60"),
        *(("--header", f"Cookie: {target.cookie}") if signed_in else ()),
    ]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
    assert "Selected: 6/7" in found.stdout
    assert ("- GET /headshots/status" in found.stdout) is not signed_in, "only anonymous clients are always refused"
