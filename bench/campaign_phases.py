"""``python -m bench.campaign_phases PHASE URL COUNT FOLDER``: one kind of campaign work on an empty database.

Prints seconds and this process's peak of memory as a line of JSON.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from PIL import Image

from bench.console import build_settings
from demo.crowd import create_campaign_people
from demo.ports import find_free_port
from portal.app import create_app
from portal.domain.audiences import Audience
from portal.domain.reminder_plan import ReminderPlan
from portal.images.visible_mark import ENGLISH_TEXTS
from portal.models import exports, roster_imports
from portal.models.exports import ExportKind
from portal.models.people import Person
from portal.presentation import export_files, mail_templates
from portal.services import campaign_mails, campaigns, export_building, notifications
from portal.services import exports as export_service
from portal.services import roster_imports as imports
from portal.services.app_context import AppContext
from portal.services.campaigns import CampaignForm
from portal.services.export_building import ExportTexts
from portal.services.exports import ExportRequest
from portal.services.roster_imports import Confirmation
from sandbox.mail_sink import MailSink

_ADMIN = UUID(int=1)
_ORIGINALS = """
    INSERT INTO renditions (id, photo_id, name, content_type, width, height, size, sha256, storage_key)
    SELECT gen_random_uuid(), id, 'original.jpg', 'image/jpeg', 1024, 1280, %s, %s, 'photos/' || id || '/original.jpg'
    FROM photos RETURNING storage_key
"""


def build_list(lines: int) -> bytes:
    """Return a list of so many people as CSV."""
    rows = (f"person{n}@example.com;Person {n};Team {n % 40};{100000 + n}" for n in range(lines))
    return "\n".join(["email;name;team;employee number", *rows]).encode()


def import_list(context: AppContext, count: int, _folder: Path) -> dict[str, float]:
    """Check and apply a list as the worker does."""
    now = context.clock()
    import_id = imports.create_import(build_list(count), "list.csv", actor_id=_ADMIN, now=now)
    began = time.perf_counter()
    imports.read_import(import_id, context)
    checked = time.perf_counter()
    found = roster_imports.find_import(import_id)
    assert found is not None  # noqa: S101 - created above
    decision = Confirmation(version=found.version, starts_at=None, marks_absent=False, campaign_id=None)
    imports.confirm_import(import_id, decision, actor_id=_ADMIN, now=now)
    confirmed = roster_imports.find_import(import_id)
    assert confirmed is not None  # noqa: S101 - created above
    began_applying = time.perf_counter()
    imports.apply_import(import_id, confirmed.version, context)
    return {"check_s": checked - began, "apply_s": time.perf_counter() - began_applying}


def send_invitations(context: AppContext, count: int, folder: Path) -> dict[str, float]:
    """Invite everyone on the roster, and send the mails one after the other to a server on this machine."""
    import_list(context, count, folder)
    form = CampaignForm(
        name="Bench", message="", due_on=None, audience=Audience(everyone=True), reminders=ReminderPlan(),
        has_link=False, link_domains=(), link_cap=None, link_expires_at=None,
    )  # fmt: skip
    now = context.clock()
    campaign_id = campaigns.create_campaign(form, actor_id=_ADMIN, now=now)
    began = time.perf_counter()
    campaigns.start_campaign(campaign_id, version=0, actor_id=_ADMIN, now=now)
    started = time.perf_counter()
    campaign_mails.run_campaigns(context)
    with psycopg.connect(_URL, connect_timeout=5) as connection:
        owed = [row[0] for row in connection.execute("SELECT id FROM notices WHERE sent_at IS NULL").fetchall()]
    writer = mail_templates.MailWriter(context.settings, context.brand.name, context.clock)
    began_sending = time.perf_counter()
    for notification_id in owed:
        notifications.send_notification(notification_id, context, render=writer.render)
    took = time.perf_counter() - began_sending
    mails = _SINK.list_mails()
    recipients = {mail.recipient for mail in mails}
    return {"start_s": started - began, "sent": len(mails), "recipients": len(recipients), "send_s": took}


def build_export(context: AppContext, count: int, folder: Path) -> dict[str, float]:
    """Export the headshots of so many people who have all chosen; each original is a picture of 1.3 megapixels."""
    create_campaign_people(_URL, count, provider="profilebakery", ending="chosen")
    content = io.BytesIO()
    Image.effect_noise((1024, 1280), 60).convert("RGB").save(content, "JPEG", quality=88)
    picture = content.getvalue()
    digest = hashlib.sha256(picture).hexdigest()
    with psycopg.connect(_URL, connect_timeout=5) as connection:
        keys = [row[0] for row in connection.execute(_ORIGINALS, (len(picture), digest)).fetchall()]
    original = folder / "picture.jpg"
    original.write_bytes(picture)
    for key in keys:
        path = folder / "photos" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(original, path)
    request = ExportRequest(
        kind=ExportKind.HEADSHOTS, size_key="directory", template="{last}_{first}.jpg", reason="Measured"
    )
    with psycopg.connect(_URL, connect_timeout=5) as connection:
        [person_id] = connection.execute("SELECT id FROM people LIMIT 1").fetchone() or [None]
    actor = Person(id=person_id, email="admin@example.com", name="Admin", role="admin", roles=["admin"])
    export_id = export_service.request_export(request, actor=actor, context=context)
    began = time.perf_counter()
    texts = ExportTexts(export_files.render_lists, export_files.iterate_ldif, ENGLISH_TEXTS)
    export_building.build_export(export_id, context, texts)
    [(export, _name)] = exports.list_exports()
    return {"build_s": time.perf_counter() - began, "pictures": export.done - export.left_out}


PHASES: dict[str, Callable[[AppContext, int, Path], dict[str, float]]] = {
    "import": import_list,
    "invitations": send_invitations,
    "export": build_export,
}


def main(phase: str, count: int, folder: Path) -> int:
    """Run one phase and print its figures."""
    folder.mkdir(parents=True, exist_ok=True)
    port = find_free_port()
    _SINK.start(port)
    settings = build_settings(
        _URL, storage_url=(folder / "photos").as_uri(), mail_url=f"smtp://127.0.0.1:{port}", mail_from="a@example.com"
    )
    # A Monday within the hours in which mails are sent.
    today = datetime.now(UTC).replace(hour=11, minute=0)
    monday = today - timedelta(days=today.weekday())
    app = create_app(settings, clock=lambda: monday)
    try:
        with app.app_context():
            found = PHASES[phase](app.extensions["portal"], count, folder)
    finally:
        _SINK.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"\n{json.dumps(found | {'peak_mb': peak})}\n")
    return 0


_SINK = MailSink()
_URL = sys.argv[2] if len(sys.argv) > 2 else ""  # noqa: PLR2004 - PHASE and URL

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[3]), Path(sys.argv[4])))
