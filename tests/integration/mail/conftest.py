"""A portal that sends mail to a real server, and the handles of the core's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.ports import find_free_port
from portal.app import create_app
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services import mirroring
from portal.services.app_context import AppContext
from portal.storage import LocalStorage
from tests.factories import NOW, make_consent, make_person, make_shoot
from tests.integration.core.conftest import close_connections
from tests.integration.core.doubles import ScriptedDownloader, ScriptedProvider
from tests.integration.core.worked_example import Clock, WorkedExample
from tests.smtp import Post, run_server
from tests.unit.images.photos import encode_image, load_portrait

PICTURE = encode_image(load_portrait(48, 60))
SUPPORT = "help@acme.example"


@dataclass
class Office:
    """A portal, its mail server, and a worker that runs jobs on demand."""

    worked_example: WorkedExample
    post: Post
    server: ExitStack = field(default_factory=ExitStack)

    def open(self) -> None:
        """Start the mail server."""
        self.server.enter_context(run_server(self.post))

    def close(self) -> None:
        """Stop the mail server."""
        self.server.close()

    def shoot(self, person: Person | None = None, **fields: Any) -> Shoot:
        """A shoot the provider has finished, with one photo to fetch."""
        person = person or make_person()
        make_consent(person)
        shoot = make_shoot(person, **({"provider_status": "active", "finished_at": NOW} | fields))
        name = f"photo-of-{shoot.id}"
        self.worked_example.provider.add(person.email, "active", id=shoot.provider_id, photos=[name])
        self.worked_example.downloader.content[name] = PICTURE
        return shoot

    def finish(self, person: Person | None = None) -> Shoot:
        """Let a shoot be finished and copied; its mail is owed and not sent."""
        shoot = self.shoot(person)
        mirroring.copy_photos(shoot.id, self.worked_example.portal)
        return shoot

    def deliver(self) -> list[str]:
        """Send what is owed, without waiting for any pause."""
        return self.worked_example.work(limit=60)

    def states(self) -> list[tuple[str, str]]:
        """The kind of every notice with what became of it: ``sent``, ``waits`` or the reason it was dropped for."""
        return self.worked_example.query(
            "SELECT kind, CASE WHEN sent_at IS NOT NULL THEN 'sent' ELSE coalesce(reason, 'waits') END"
            " FROM notices ORDER BY created_at, kind"
        )


@pytest.fixture
def make_office(database_url: str, portal_settings: Any, tmp_path: Path) -> Iterator[Callable[..., Office]]:
    """A function that opens a portal and its mail server; keyword arguments replace settings."""
    with ExitStack() as stack:

        def make(**overrides: Any) -> Office:
            post = Post(find_free_port())
            clock = Clock()
            provider = ScriptedProvider(clock)
            mail = {
                "public_url": "https://headshots.acme.example",
                "mail_url": post.url,
                "mail_from": "portal@acme.example",
                "brand_name": "Acme",
                "support_email": SUPPORT,
            }
            app = create_app(portal_settings(**(mail | overrides)), clock=clock)
            portal: AppContext = app.extensions["portal"]
            app.extensions["portal"] = replace(
                portal,
                provider=provider,
                downloader=ScriptedDownloader(),
                storage=LocalStorage(tmp_path / "stored"),
            )
            stack.enter_context(close_connections(app))
            address = database_url.replace("+psycopg", "")
            connection = stack.enter_context(psycopg.connect(address, autocommit=True, connect_timeout=30))
            stack.enter_context(app.app_context())
            office = Office(WorkedExample(app, clock, provider, connection), post)
            stack.callback(office.close)
            office.open()
            return office

        yield make


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    """The usual one: Acme's, with a support address."""
    return make_office()


def get_parts(message: EmailMessage) -> tuple[str, str]:
    """The plain and the HTML part."""
    text, html = message.iter_parts()
    return text.get_content(), html.get_content()  # type: ignore[attr-defined]
