"""Makes the pictures of docs/mail-pictures.md anew: every mail in both schemes, 600 and 390 px wide."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from demo.ports import Ports
from demo.settings import Addresses, Secrets, build_portal_environment
from portal.app import create_app
from portal.mail import EmailMessage
from portal.models.campaign_teams import TeamCounts
from portal.presentation.mail_templates import MailWriter
from portal.services.due_notifications import CampaignDetails, DueNotification, NotificationKind
from portal.settings import Settings
from tests.browser import build_launch_arguments, find_chromium

FOLDER = Path(__file__).parents[1] / "docs/img/mails"
WIDTHS = (600, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_NAME = "Ada Example"
# Wider than a phone's line, with a part that has no place to break.
_LONG_NAME = "María-Fernanda Wolfeschlegelsteinhausenbergerdorff-Österreicher y Villanueva de los Infantes"
_MESSAGE = "Our new website opens in December.\nPlease choose a headshot by then, so that we all look our best."
_LONG_TEAM = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
_LINK_ID = UUID("0199b9d4-6d2b-7c11-8000-1f6f2f0d5a01")
_NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
_COLORS = 24
_GAP = 16
_GROUND = "#8a8f98"
_PORTS = Ports(8000, 5001, 5002)


@dataclass(frozen=True)
class Sample:
    """One mail to make a picture of."""

    kind: NotificationKind
    locale: str = "en"
    name: str = _NAME

    @property
    def file_name(self) -> str:
        """The picture's file: the kind as in code, and the language."""
        return f"{self.kind.name.lower().replace('_', '-')}-{self.locale}.webp"


_CAMPAIGN_KINDS = (NotificationKind.INVITATION, NotificationKind.REMINDER, NotificationKind.INVITATION_TEST)
SAMPLES = (
    *(Sample(kind) for kind in NotificationKind),
    *(
        Sample(kind, "de", _LONG_NAME)
        for kind in (NotificationKind.INVITATION, NotificationKind.REMINDER, NotificationKind.DIGEST)
    ),
)


def main() -> None:
    """Write one sheet for each mail to docs/img/mails."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(find_chromium()), args=build_launch_arguments())
        try:
            for name, sheet in take_mails(chromium):
                FOLDER.mkdir(exist_ok=True)
                # Text on plain grounds: few colors and no loss are smaller and sharper than a photo's compression.
                sheet.quantize(_COLORS).convert("RGB").save(FOLDER / name, lossless=True, quality=100, method=6)
                sys.stdout.write(f"docs/img/mails/{name}\n")
        finally:
            chromium.close()


def take_mails(chromium: Browser) -> Iterator[tuple[str, Image.Image]]:
    """Return the file name and the sheet of every sample."""
    app = create_app(_build_settings(), clock=lambda: _NOW)
    # The requests for the logo.
    logging.getLogger("portal").setLevel(logging.WARNING)
    page = chromium.new_page()
    for sample in SAMPLES:
        shots = [
            Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
            for _scheme, _width in show_mail(page, app, render_sample(app, sample).html)
        ]
        yield sample.file_name, _join(shots)


def render_sample(app: Flask, sample: Sample) -> EmailMessage:
    """Return the mail of a sample."""
    is_test = sample.kind is NotificationKind.INVITATION_TEST
    details = CampaignDetails(_MESSAGE, date(2026, 12, 11), is_signed_in=True, entry_id=None if is_test else _LINK_ID)
    team = _LONG_TEAM if sample.locale == "de" else "Customer success"
    due = DueNotification(
        _LINK_ID,
        sample.kind,
        "ada@example.com",
        sample.name,
        sample.locale,
        "mdl_4fQ2",
        details if sample.kind in _CAMPAIGN_KINDS else None,
        (TeamCounts("Sales", 48, 41, 30), TeamCounts(team, 17, 9, 4)),
    )
    context = app.extensions["portal"]
    with app.app_context():
        return MailWriter(context.settings, context.brand.name, context.clock).render(due)


def show_mail(page: Page, app: Flask, html: str) -> Iterator[tuple[str, int]]:
    """Show a mail in each scheme and width, its logo from the portal without a server; return both each time."""

    def respond(route: Route) -> None:
        response = app.test_client().get(route.request.url)
        route.fulfill(status=response.status_code, body=response.data, content_type=response.mimetype)

    page.route("**/*", respond)
    page.set_content(html, wait_until="load")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 300})
            yield scheme, width


def _build_settings() -> Settings:
    """Return the demo's settings; nothing is connected."""
    environment = build_portal_environment(
        addresses=Addresses.for_ports(_PORTS),
        ports=_PORTS,
        secrets=Secrets("k" * 64, "oidc", "api", "s" * 64, "metrics"),
        brand="profilebakery",
        database_url="postgresql://nobody@127.0.0.1:1/none",
        photos=FOLDER,
    )
    return Settings.from_env(environment)


def _join(shots: Sequence[Image.Image]) -> Image.Image:
    height = max(shot.height for shot in shots)
    sheet = Image.new("RGB", (sum(shot.width + _GAP for shot in shots) + _GAP, height + 2 * _GAP), _GROUND)
    left = _GAP
    for shot in shots:
        sheet.paste(shot, (left, _GAP))
        left += shot.width + _GAP
    return sheet


if __name__ == "__main__":
    main()
