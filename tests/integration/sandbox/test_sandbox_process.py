"""The sandbox as a command: its arguments, its ready line, its log and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sandbox.server import main

ROOT = Path(__file__).parents[3]
START = "import sys; from sandbox.server import main; sys.exit(main(sys.argv[1:]))"


@contextmanager
def start_sandbox_process(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-c", START, "--port", "0", "--data", str(folder), "--api-key", "canary-key", *arguments]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline().split()
            assert line[:2] == ["sandbox", "ready"]
            yield process, line[2]
        finally:
            process.kill()
            process.communicate(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sandbox_process_reports_ready_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    options = ["--brand", "headshotpro", "--credits", "2.25", "--organization", "Acme", "--set", "gallery_size=3"]
    with start_sandbox_process(tmp_path, *options, "--speed", "9", "--whitelabel", "off", "--set", "envelope=data") as (
        process,
        url,
    ):
        assert url.startswith("http://127.0.0.1:")
        settings = requests.get(f"{url}/_control/settings", timeout=60).json()
        notified = requests.get(
            f"{url}/api/v2/organization", headers={"Authorization": "Bearer canary-key"}, timeout=60
        ).json()
        process.send_signal(number)
        assert process.wait(timeout=60) == 0
    assert notified["data"]["organization"]["name"] == "Acme"
    expected = {"brand": "headshotpro", "credits": 2.25, "gallery_size": 3, "speed": 9, "whitelabel": False}
    assert {name: settings[name] for name in expected} == expected
    assert settings["public_url"] == url


def test_the_log_is_json_and_holds_no_secrets(tmp_path: Path) -> None:
    with start_sandbox_process(tmp_path) as (process, url):
        headers = {"Authorization": "Bearer canary-key"}
        created = requests.post(
            f"{url}/api/v2/organization/models", json={"email": "canary@example.com"}, headers=headers, timeout=60
        ).json()
        requests.get(created["signedUrl"], timeout=60)
        requests.get(f"{url}/api/v2/organization/invites/canary@example.com", headers=headers, timeout=60)
        requests.get(f"{url}/canary", timeout=60)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    text = (tmp_path / "log").read_text()
    token = created["signedUrl"].split("token=")[1].split("&")[0]
    assert "canary" not in text
    assert token not in text
    paths = [json.loads(line)["path"] for line in text.splitlines()]
    assert paths[0] == "/api/v2/organization/models"
    assert "/api/v2/organization/invites/:email" in paths


@pytest.mark.parametrize(
    "arguments",
    [
        ["--set", "nothing=1"],
        ["--set", "speed"],
        ["--speed", "-3"],
        ["--webhook-secret", "short"],
        ["--credits", "0.3"],
    ],
)
def test_wrong_arguments_end_it_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["--port", "0", "--data", str(tmp_path), *arguments]) == 2
    assert "sandbox: " in capsys.readouterr().err


def test_a_taken_port_ends_it_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").mkdir()
    with start_sandbox_process(tmp_path / "a") as (_, url):
        assert main(["--port", url.rsplit(":", 1)[1], "--data", str(tmp_path / "b")]) == 2
    assert "in use" in capsys.readouterr().err
