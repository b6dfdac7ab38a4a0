"""A web scanner against the portal, signed in as an administrator: it must find nothing."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request, request_finished

from tests.local_server import serve_app
from tests.scans.conftest import Target

TOP = Path(__file__).parents[2]
SCANNER = TOP / "var" / "scan-venv" / "bin" / "wapiti"
MODULES = "xss,permanentxss,sql,redirect,csp,cookieflags,http_headers,methods,ssrf,file,exec,crlf,xxe"
# Attacking every form of every page with everything would take an hour.
SECONDS_OF_EACH_ATTACK = 3
# A scan takes under a minute; a machine with other work on it may need several times that. Only a scanner that hangs
# takes this long.
SECONDS_UNTIL_KILLED = 240
# The portal is plain http on loopback here, so these two are right; `tests/integration/matrix/test_headers.py` proves
# that over https the cookie is Secure and Strict-Transport-Security is sent.
ON_LOOPBACK = {"Secure Flag cookie", "HTTP Strict Transport Security (HSTS)", "Unencrypted Channels"}


@dataclass(frozen=True)
class Part:
    """A part of the portal that is scanned by itself, since the time of an attack is shared by all of its pages."""

    pages: tuple[str, ...]  # where it starts, with braces for the employee's ids
    outside: tuple[str, ...]
    shown: frozenset[str]  # endpoints that it must reach


PARTS = {
    "employee": Part(
        pages=("headshots/gallery", "", "privacy", "headshots", "headshots/consent", "account/sessions"),
        outside=("/admin/*",),
        shown=frozenset({"headshots.show_my_page", "gallery.show_gallery", "account.show_sessions"}),
    ),
    "console": Part(
        pages=(
            *("admin/health", "admin/", "admin/deliveries", "admin/people", "admin/people/{person_id}"),
            *("admin/campaigns", "admin/roster"),
        ),
        outside=("/headshots*", "/my-data*", "/account/*"),
        shown=frozenset({"board.show_board", "people.show_people", "people.show_person", "campaigns.show_campaigns"}),
    ),
}
# A scan that ended its own session, or all sessions, would scan one page only.
# Erasing its person ends the session, too; new consent texts or fewer photos, here or at the provider, leave the
# gallery without a form.
NOT_PRESSED = (
    *("/logout", "/account/sessions/*", "/admin/people/*/*", "/admin/people/selection*", "/headshots/events"),
    *("/login*", "/start*", "/admin/texts*", "/headshots/data/sessions/*", "/my-data/delete"),
    "/headshots/withdraw",
    "/admin/account/sessions/*",
)


@pytest.mark.timeout(600)
@pytest.mark.asvs("A26")
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())
def test_scanner_finds_nothing(target: Target, tmp_path: Path, part: Part) -> None:
    called_back: list[str] = []
    shown: list[str | None] = []
    accepted: set[str | None] = set()

    def record_response(_app: Flask, response: Response, **_more: Any) -> None:
        if response.status_code == 200:
            shown.append(request.endpoint)
        elif request.method == "POST" and response.status_code == 303:
            accepted.add(request.endpoint)

    pages = [page.format(**target.directory.ids["employee"]) for page in part.pages]
    with serve_app(_lure(called_back)) as port, request_finished.connected_to(record_response, target.directory.app):
        scanner = Scanner(target, tmp_path, pages, NOT_PRESSED + part.outside, lure=f"http://127.0.0.1:{port}/")
        scanner.crawl(depth=2)
        assert part.shown <= set(shown), "is the scanner signed in?"
        shown.clear()
        report = scanner.attack(MODULES, SECONDS_OF_EACH_ATTACK)
    assert len(shown) >= 50, "did it attack?"
    assert part.shown & set(shown), "is it still signed in?"
    assert len(accepted) >= 3, "did it send forms?"
    found = {
        name: [f"{each['method']} {each['path']} {each['parameter']}: {each['info'][:200]}" for each in each_kind]
        for part in ("vulnerabilities", "anomalies")
        for name, each_kind in report[part].items()
        if each_kind and name not in ON_LOOPBACK
    }
    assert found == {}
    assert called_back == []


@pytest.mark.timeout(600)
def test_scanner_finds_a_planted_vulnerability(target: Target, tmp_path: Path) -> None:
    """Otherwise its silence above would mean nothing."""
    target.directory.app.view_functions["pages.show_privacy"] = lambda: (
        f"<!doctype html><title>x</title><a href='/privacy?words=1'>on</a><p>{request.args.get('words', '')}</p>"
    )
    scanner = Scanner(target, tmp_path, ["privacy"], NOT_PRESSED, lure="http://127.0.0.1:1/")
    scanner.crawl(depth=1)
    report = scanner.attack("xss", seconds=60)
    assert [each["path"] for each in report["vulnerabilities"]["Reflected Cross Site Scripting"]] == ["/privacy"]


def _lure(called_back: list[str]) -> Flask:
    """A place the scanner tries to make the portal call."""
    app = Flask("lure")

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT"])
    @app.route("/<path:path>", methods=["GET", "POST", "PUT"])
    def take(path: str) -> dict[str, Any]:
        if not path.startswith("get_"):  # the scanner's own requests
            called_back.append(f"{request.method} {path}")
        return {}

    return app


class Scanner:
    """Wapiti with a folder for what it finds: first pages and forms, then holes in them."""

    def __init__(
        self, target: Target, folder: Path, pages: Sequence[str], not_followed: Sequence[str], *, lure: str
    ) -> None:
        if not SCANNER.exists():
            pytest.fail("the scanner is not installed: run `sh scripts/scanner` (make test does)")
        self._folder = folder
        self._report = folder / "report.json"
        self._command = [
            *(str(SCANNER), "--url", f"{target.address}/", "--cookie-value", target.cookie, "--scope", "folder"),
            *("--max-links-per-page", "40", "--max-files-per-dir", "15"),
            # One that takes longer is an anomaly, and part of some attacks; a busy machine may need seconds.
            *("--timeout", "30", "--tasks", "8", "--endpoint", lure, "--dns-endpoint", "localhost"),
            *("--store-session", str(folder), "--store-config", str(folder / "config")),
            *("--no-bugreport", "--verbose", "0", "--color", "--format", "json", "--output", str(self._report)),
            *(part for page in pages for part in ("--start", f"{target.address}/{page}")),
            *(part for page in not_followed for part in ("--exclude", f"{target.address}{page}")),
        ]

    def crawl(self, depth: int) -> None:
        self._run("--module", "", "--depth", str(depth))
        # An attack that runs out of time leaves a read of the scanner's own database open, on which its next write
        # would fail; with a write-ahead log it does not.
        (database,) = self._folder.glob("*.db")
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)

    def attack(self, modules: str, seconds: int) -> dict[str, Any]:
        return self._run("--skip-crawl", "--module", modules, "--max-attack-time", str(seconds))

    def _run(self, *options: str) -> dict[str, Any]:
        self._report.unlink(missing_ok=True)
        done = subprocess.run(
            [*self._command, *options],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=SECONDS_UNTIL_KILLED,
            check=False,
        )
        assert self._report.exists(), done.stdout[-3000:] + done.stderr[-3000:]
        found: dict[str, Any] = json.loads(self._report.read_text())
        return found
