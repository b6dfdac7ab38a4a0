"""One portal served to a real browser from this process, so that tests can put people where they want them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask

from portal.models.people import Person
from tests import factories
from tests.integration.web_pages.conftest import sign_in_as, store_renditions
from tests.local_server import serve_app

STUDIO = "http://127.0.0.1:9"
SIGNED = f"{STUDIO}/session?signature=secret"


@dataclass
class Site:
    """A running portal."""

    app: Flask
    address: str

    def cookies(self, person: Person) -> list[dict[str, Any]]:
        """What a browser holds that this person has signed in with."""
        name = self.app.config["SESSION_COOKIE_NAME"]
        with self.app.app_context():
            found = sign_in_as(self.app, person).client.get_cookie(name)
        assert found is not None
        return [{"name": name, "value": found.value, "url": self.address}]

    def person(self, *, photos: int = 0, agreed: bool = True, role: str = "employee", **shoot: Any) -> Person:
        """Create a person with a shoot in the state that the fields describe."""
        with self.app.app_context():
            person = factories.make_person(name="Ada Lovelace", role=role)
            if agreed:
                factories.make_consent(person)
            if photos:
                _, made = factories.make_finished_shoot(person, photos)
                for number, photo in enumerate(made):
                    store_renditions(photo, number % 5)
            elif shoot:
                if shoot.pop("with_link", False):
                    secretbox = self.app.extensions["portal"].secretbox
                    shoot["signed_url"] = secretbox.seal(SIGNED)
                factories.make_shoot(person, **shoot)
            return person


@contextmanager
def serve_site(app: Flask, port: int = 0) -> Iterator[Site]:
    """Serve the app on a port, 0 for a free one, until the block ends."""
    with serve_app(app, port, before_end=app.extensions["hub"].close_streams) as served:
        yield Site(app, f"http://localhost:{served}")
