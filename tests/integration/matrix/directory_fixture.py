"""A small directory: a portal, people of every role with a whole journey behind them, and one who is in the studio."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from flask import Flask, current_app
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.db import transaction
from portal.models import link_reports, provider_account, provider_records
from portal.models.archives import Archive
from portal.models.campaigns import Campaign
from portal.models.choices import Choice
from portal.models.deliveries import Delivery
from portal.models.kits import Kit, KitFile
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.photos import Photo
from portal.models.provider_records import RecordKind
from portal.models.roster import RosterEntry
from portal.models.roster_imports import RosterImport
from portal.models.sessions import Session
from portal.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.integration.matrix.database_dump import Dump, read_database
from tests.integration.matrix.table import ANONYMOUS, OTHER, ROLES, Route
from tests.integration.web_pages.conftest import store_renditions

ADDRESS = "https://portal.example"
STUDIO = "https://studio.example"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SIGNED = f"{STUDIO}/session?signature=not-for-anybody-else"
IN_STUDIO = "in-studio"
"""Somebody whose session in the studio is open."""


class FixtureClock:
    """A clock that advances with every request, so that no rate limit is reached."""

    def __init__(self) -> None:
        self.now = NOW + timedelta(minutes=1)

    def __call__(self) -> datetime:
        return self.now

    def advance(self) -> None:
        self.now += timedelta(seconds=2)


def build_settings(database_url: str, storage: Path, issuer: str, **overrides: Any) -> Settings:
    """Return the settings of a portal in production, except for where its neighbours are."""
    fields: dict[str, Any] = {
        "secret_keys": ("a-secret-key-of-the-directory-that-is-long-enough",),
        "database_url": database_url,
        "public_url": ADDRESS,
        "oidc_issuer": issuer,
        "oidc_client_id": "portal",
        "oidc_client_secret": "test-oidc-secret",
        "api_key": "test-api-key",
        "api_url": "http://127.0.0.1:1/api/v2",
        "webhook_secrets": ("test-webhook-secret",),
        "embed_origins": (STUDIO,),
        "photo_origins": (STUDIO,),
        "storage_url": storage.as_uri(),
        "metrics_token": "test-metrics-token",
        "support_email": "help@example.com",
        "brand_name": "Example",
    }
    return Settings(**(fields | overrides))


@dataclass
class Actor:
    """One browser, with or without a session."""

    name: str
    directory: DirectoryFixture
    client: FlaskClient
    _token: str = ""

    def call(self, method: str, path: str, *, form: Mapping[str, str] | None = None, **options: Any) -> TestResponse:
        """Send a request as it is given; the response's body is read, except a stream's, which never ends."""
        self.directory.clock.advance()
        if form is not None:
            options["data"] = dict(form)
        response = self.client.open(path, method=method, base_url=ADDRESS, **options)
        if response.mimetype != "text/event-stream":
            response.get_data()
        response.close()
        return response

    def submit(self, route: Route, *, extra: Mapping[str, str] | None = None) -> TestResponse:
        """Use a route as its page would, with this person's own ids and form token."""
        form = {name: self.fill(value) for name, value in route.row.form.items()} | dict(extra or {})
        query = {name: self.fill(value) for name, value in route.row.query.items()}
        if route.is_unsafe and self.name != ANONYMOUS:
            form = {"csrf_token": self.token(), **form}
        return self.call(route.method, self.path(route), form=form if route.is_unsafe else None, query_string=query)

    def fill(self, value: str) -> str:
        """Fill the braces of a value with this person's own ids."""
        return value.format(**self.directory.ids[self.owner], issuer=self.directory.issuer)

    def path(self, route: Route, **changed: str) -> str:
        """Build the address of a route out of the ids it is about; ``changed`` replaces some."""
        ids = self.directory.ids[route.row.about or self.owner]
        values = {name: ids[name] for name in route.arguments} | changed
        text = route.rule
        for part in [part for part in text.replace(".", "/").split("/") if part.startswith("<")]:
            text = text.replace(part, values[part.strip("<>").rpartition(":")[2]])
        return text

    @property
    def owner(self) -> str:
        """The actor whose ids this actor uses; an outsider tries the employee's."""
        return "employee" if self.name == ANONYMOUS else self.name

    def token(self) -> str:
        """Return the form token of this session, as its pages have it."""
        if not self._token:
            # Hundreds of directories are made for one form each; parsing a page as a browser does costs more than it.
            found = _TOKEN.search(self.call("GET", "/account/sessions").text)
            assert found is not None
            self._token = found[1]
        return self._token


@dataclass
class DirectoryFixture:
    """The portal, who lives there and what is theirs."""

    app: Flask
    clock: FixtureClock
    issuer: str
    ids: dict[str, dict[str, str]]
    connection: psycopg.Connection[Any]

    def actor(self, name: str) -> Actor:
        """Return a browser of an actor, signed in unless it is the outsider's."""
        client = self.app.test_client()
        if name != ANONYMOUS:
            client.set_cookie(
                self.app.config["SESSION_COOKIE_NAME"], build_session_token(name), domain="portal.example"
            )
        return Actor(name, self, client)

    def renew_sessions(self) -> None:
        """Renew all sessions, after a long time on the directory's clock."""
        self.connection.execute(
            "UPDATE sessions SET active_at = %s, confirmed_at = %s", (self.clock.now, self.clock.now)
        )

    def dump(self) -> Dump:
        """Return everything the database holds."""
        return read_database(self.connection)


def build_session_token(name: str) -> str:
    """Return the cookie of an actor's session."""
    return hashlib.sha256(f"session of {name}".encode()).hexdigest()[:43]


def create_people(app: Flask) -> dict[str, dict[str, str]]:
    """Let people move in, each with a whole journey behind them; what is whose, by the names of addresses' parts."""
    with app.app_context():
        _create_account()
        ids = {name: _create_person_with_shoot(name) for name in (*ROLES, OTHER)}
        ids[IN_STUDIO] = _create_person_in_studio(app.extensions["portal"].secretbox)
    return ids


def _create_person_with_shoot(name: str) -> dict[str, str]:
    role = name if name in ROLES else "employee"
    person = _person(name, role)
    consent_id = str(factories.make_consent(person).id)
    shoot, photos = factories.make_finished_shoot(person, 2, provider_id=f"model-of-{name}")
    for number, photo in enumerate(photos):
        store_renditions(photo, number)
    delivery = _delivery(name, shoot.provider_id or "")
    downloads = _create_downloads(person, photos[0])
    with transaction() as session:
        session.add(
            choice := Choice(
                id=uuid4(),
                person_id=person.id,
                shoot_id=shoot.id,
                photo_id=photos[0].id,
                origin="portal",
                key=f"portal:{name}",
                acted_at=NOW,
                recorded_at=NOW,
            )
        )
        session.add(
            Notification(kind="ready", occasion=str(shoot.id), person_id=person.id, shoot_id=shoot.id, created_at=NOW)
        )
        session.add(delivery)
        session.flush()
        tasks = {"delivery_id": str(delivery.id), "report_id": str(_report(shoot.id))}
    tasks |= _create_import()
    own = {"person_id": str(person.id), "photo_id": str(photos[1].id), "choice_id": str(choice.id)} | tasks | downloads
    own |= {"shoot_id": str(shoot.id)}
    return own | {"consent_id": consent_id, "public_id": _sign_in(person, f"{name} elsewhere")} | _SHARED


def _create_account() -> None:
    """Store an account at the provider with a team, a member, and a session without a person in the portal."""
    values = {"email": "ann@example.com", "name": "Ann", "model_id": "unknown-to-the-portal", "created_at": NOW}
    with transaction():
        provider_account.store_content({"teams": [{"id": "team", "name": "Sales"}]}, now=NOW)
        for kind, key in ((RecordKind.MEMBER, "member"), (RecordKind.MODEL, "unknown-to-the-portal")):
            provider_records.store_record(kind, key, status="pending", **values)


def _create_downloads(person: Person, photo: Photo) -> dict[str, str]:
    """Store a kit of one file and a finished archive of a person, and return the archive's id."""
    storage = current_app.extensions["portal"].storage
    kit_id, archive_id = uuid4(), uuid4()
    kit_key, archive_key = f"kits/{kit_id}/ldap-0.jpg", f"archives/{archive_id}/archive-0.zip"
    for key in (kit_key, archive_key):
        storage.put(key, b"content", "application/octet-stream")
    kit = Kit(id=kit_id, person_id=person.id, photo_id=photo.id, digest="", crop_x=0.5, crop_y=0.5, crop_size=1.0)
    kit.state, kit.done, kit.created_at = "ready", 1, NOW
    file = KitFile(kit_id=kit_id, key="ldap", content_type="image/jpeg", width=96, height=96, size=7, sha256="0" * 64)
    file.storage_key = kit_key
    archive = Archive(id=archive_id, kind="kit", person_id=person.id, file_name="kit.zip", state="ready", size=7)
    archive.storage_key, archive.created_at, archive.expires_at = archive_key, NOW, NOW + timedelta(days=400)
    with transaction() as session:
        session.add_all([kit, archive])
        session.flush()
        session.add(file)
    return {"archive_id": str(archive_id)}


def _create_import() -> dict[str, str]:
    """Store a list that was checked, a campaign and a roster entry, and return their ids."""
    found = RosterImport(id=uuid4(), name="list.csv", state="ready", content=b"a@example.com", created_at=NOW)
    campaign = Campaign(id=uuid4(), name="Spring", state="draft", audience={}, reminders={}, created_at=NOW)
    entry = RosterEntry(address=f"{found.id}@example.com", source="import", created_at=NOW, changed_at=NOW)
    with transaction() as session:
        session.add_all([found, campaign, entry])
    return {"import_id": str(found.id), "campaign_id": str(campaign.id), "entry_id": str(entry.id)}


def _report(shoot_id: UUID) -> UUID:
    made = link_reports.create_report(shoot_id, symptom="nothing", browser="Firefox", request_id="r1", now=NOW)
    assert made is not None
    return made


def _create_person_in_studio(secretbox: Any) -> dict[str, str]:
    person = _person(IN_STUDIO, "employee")
    factories.make_consent(person)
    factories.make_shoot(person, provider_id="model-of-in-studio", signed_url=secretbox.seal(SIGNED), minted_at=NOW)
    # Nothing of theirs is there yet; in an address it has to look as if.
    names = (
        "photo_id",
        "public_id",
        "report_id",
        "choice_id",
        "archive_id",
        "consent_id",
        "shoot_id",
        "import_id",
        "campaign_id",
        "entry_id",
    )
    nothing = dict.fromkeys(names, _NOTHING) | {"delivery_id": "999999999"}
    return {"person_id": str(person.id)} | nothing | _SHARED


_NOTHING = "11111111-1111-4111-8111-111111111111"
_SHARED = {
    "page": "members",
    "model_id": "unknown-to-the-portal",
    "export_id": _NOTHING,
    "note_id": _NOTHING,
    "secret": "webhook",
    "erasure_id": _NOTHING,
    "filename": "css/tokens.css",
    "name": "favicon",
    "slug": "profilebakery",
    "section_name": "links",
    "number": "0",
    "rendition": "640.webp",
    "key": "ldap",
    "kind": "photos",
    "token": "unsigned",
    "code": "unknown",
}


def _person(name: str, role: str) -> Person:
    manages = ["staff"] if role == "manager" else []
    person = factories.make_person(
        f"{name}@example.com",
        name=f"{name.title()} Townsend",
        role=role,
        roles=[role],
        groups=["staff"],
        manages=manages,
        subject=f"subject-{name}",
    )
    _sign_in(person, name)
    return person


def _sign_in(person: Person, where: str) -> str:
    """Store a session of an actor; return the id it has on pages."""
    made = Session(
        token_hash=hashlib.sha256(build_session_token(where).encode()).digest(),
        person_id=person.id,
        data={"csrf_token": hashlib.sha256(f"forms of {where}".encode()).hexdigest()[:40]},
        created_at=NOW,
        active_at=NOW,
        confirmed_at=NOW,
        expires_at=NOW + timedelta(hours=8),
        issuer=person.issuer,
        sid=f"sid-{where}",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    )
    with transaction() as session:
        session.add(made)
        session.flush()
        return str(made.public_id)


def _delivery(name: str, model: str) -> Delivery:
    body = f'{{"event":"model.updated","object":{{"_id":"{model}"}}}}'.encode()
    return Delivery(
        dedupe_key=f"evt-{name}",
        provider="profilebakery",
        event="model.updated",
        model_id=model,
        received_at=NOW,
        key_id="k1",
        body_sha256=hashlib.sha256(body).hexdigest(),
        body=body,
        state="dead",
        error="ProviderError",
    )
