"""Lighthouse scores of the pages a person sees, with its mobile settings, on the portal as the demo runs it (G4)."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import requests

from bench.load import LoadError
from bench.report import Verdict
from bench.servers import FOLDER
from bench.workbench import Bench
from demo.stack import ROOT, Stack
from portal.app import create_app
from portal.db import db, release_connection, transaction
from portal.domain.consent import POLICY_VERSION
from portal.models.consents import Consent
from portal.models.people import Person, upsert_person
from portal.models.sessions import Session
from portal.services.shoots import request_shoot
from portal.settings import Settings

PERFORMANCE = 98
ACCESSIBILITY = 100
GALLERY_SIZE = 200
RUNS = 3
_PACKAGES = ROOT / "var/lighthouse"
_TIMEOUT_S = 240
_CATEGORIES = ("performance", "accessibility")


@dataclass(frozen=True)
class Score:
    """The scores of one page, 0 to 100."""

    performance: int
    accessibility: int

    @property
    def is_enough(self) -> bool:
        """Whether the goal is met."""
        return self.performance >= PERFORMANCE and self.accessibility >= ACCESSIBILITY


def measure_pages(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Measure landing, consent, my page, studio and a gallery of 200 photos."""
    install_lighthouse()
    with Stack(data_dir=FOLDER / "run" / "pages", durable=True) as stack:
        pages = create_pages(stack, configure_sandbox(stack))
        scores = {name: _score_page(stack, *page) for name, page in pages.items()}
    for name, score in scores.items():
        bench.say(f"{name}: performance {score.performance}, accessibility {score.accessibility}")
    bench.details["lighthouse"] = {name: [score.performance, score.accessibility] for name, score in scores.items()}
    worst = min(score.performance for score in scores.values())
    access = min(score.accessibility for score in scores.values())
    expected = f"performance ≥ {PERFORMANCE}, accessibility {ACCESSIBILITY}"
    is_met = all(score.is_enough for score in scores.values())
    return [Verdict("G4", "Lighthouse, mobile, worst page", expected, f"{worst} / {access}", is_met)]


def configure_sandbox(stack: Stack) -> str:
    """Let the sandbox make galleries of 200 simple pictures; return the address of its control plane."""
    control = f"{stack.addresses.sandbox}/_control"
    _request(control, "PUT", "/settings", {"pictures": "plain", "gallery_size": GALLERY_SIZE})
    return control


def create_pages(stack: Stack, control: str) -> dict[str, tuple[str, str]]:
    """Bring three people to their stages; return each page with its path and the cookie of its person."""
    app = create_app(Settings.from_env(stack.environment))
    with app.app_context():
        new, shooting, finished = (_sign_in(number) for number in range(3))
        for person, _ in (shooting, finished):
            request_shoot(_agree(person), provider="profilebakery", development=False, now=datetime.now(UTC))
        release_connection()
        db.engine.dispose()
    query = "SELECT provider_id FROM shoots WHERE signed_url IS NOT NULL"
    _wait_until(lambda: len(_fetch(stack, query)) == len((shooting, finished)))
    (model,) = _fetch(stack, query + f" AND person_id = '{finished[0].id}'")
    _request(control, "POST", f"/models/{model}/complete")
    _request(control, "POST", f"/models/{model}/advance", {"to": "active"})
    _wait_until(lambda: bool(_fetch(stack, "SELECT id FROM shoots WHERE copied_at IS NOT NULL")))
    return {
        "landing": ("/", ""),
        "consent": ("/headshots/consent", new[1]),
        "my page": ("/headshots", shooting[1]),
        "studio": ("/headshots/studio", shooting[1]),
        "gallery": ("/headshots/gallery", finished[1]),
    }


def _sign_in(number: int) -> tuple[Person, str]:
    now, token = datetime.now(UTC), secrets.token_hex(32)[:43]
    with transaction() as session:
        person = upsert_person(
            "bench", str(number), email=f"n{number}@example.com", name="N", groups=[], locale="en", now=now
        )
        session.add(
            Session(
                token_hash=hashlib.sha256(token.encode()).digest(), person_id=person.id, data={}, created_at=now,
                active_at=now, expires_at=now + timedelta(hours=1),
            )
        )  # fmt: skip
        return person, token


def _agree(person: Person) -> Person:
    with transaction() as session:
        session.add(
            Consent(
                person_id=person.id, policy_version=POLICY_VERSION, locale="en", text_sha256="", text="",
                purposes=[], provider="profilebakery", given_at=datetime.now(UTC),
            )
        )  # fmt: skip
    return person


def _score_page(stack: Stack, path: str, cookie: str) -> Score:
    """Return the median of several runs: a busy machine costs single runs points."""
    runs = [_run_lighthouse(stack, path, cookie) for _ in range(RUNS)]
    middle = {name: sorted(run[name] for run in runs)[RUNS // 2] for name in _CATEGORIES}
    return Score(**middle)


def _run_lighthouse(stack: Stack, path: str, cookie: str) -> Mapping[str, int]:
    categories = run_lighthouse(stack, path, cookie, f"--only-categories={','.join(_CATEGORIES)}")["categories"]
    return {name: round(100 * (categories[name]["score"] or 0)) for name in _CATEGORIES}


def install_lighthouse() -> None:
    """Install Lighthouse where it is not yet."""
    command = ["sh", "scripts/npm-packages", "bench/lighthouse_packages", "var/lighthouse", "Lighthouse measures pages"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def run_lighthouse(stack: Stack, path: str, cookie: str, *options: str) -> dict[str, Any]:
    """Run Lighthouse on a page of the portal and return its report."""
    command = [
        "node", str(_PACKAGES / "node_modules/lighthouse/cli/index.js"), f"{stack.addresses.portal}{path}",
        "--quiet", "--output=json", *options,
        "--chrome-flags=--headless=new --disable-gpu" + (" --no-sandbox" if os.geteuid() == 0 else ""),
    ]  # fmt: skip
    if cookie:
        command.append("--extra-headers=" + json.dumps({"Cookie": f"portal_session={cookie}"}))
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    environment = dict(os.environ) | {"CHROME_PATH": str(chromium)}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=_TIMEOUT_S)
    if done.returncode:
        raise LoadError(f"{path}: {done.stderr.decode(errors='replace')[-500:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _fetch(stack: Stack, query: str) -> list[Any]:
    with psycopg.connect(stack.database_url, connect_timeout=5) as connection:
        return [row[0] for row in connection.execute(query.encode()).fetchall()]


def _wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + _TIMEOUT_S
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError("the sessions did not reach their stages")
        time.sleep(0.2)


def _request(control: str, method: str, path: str, body: dict[str, object] | None = None) -> None:
    requests.request(method, f"{control}{path}", json=body, timeout=30).raise_for_status()
