"""Who takes part in a sign-in: a clock that can be moved and a browser with its own cookies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.db import db
from portal.models.people import Person
from tests.integration.auth.hostile_provider import HostileProvider


class MovableClock:
    """The present, until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Browser:
    """One browser with its own cookies."""

    client: FlaskClient
    provider: HostileProvider

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.client.post(path, **options)

    def begin(self, path: str = "/login") -> str:
        """Press sign in; the provider's address the browser is sent to."""
        response = self.get(path)
        assert response.status_code == 303, response.text
        return response.headers["Location"]

    def sign_in(self, path: str = "/login") -> TestResponse:
        """Go all the way; the portal's response at the end of it."""
        response = self.get(self.provider.visit(self.begin(path)))
        # The portal repeats the request when the provider ignores the prompt for another account.
        if response.headers.get("Location", "").startswith(f"{self.provider.issuer}/"):
            return self.get(self.provider.visit(response.headers["Location"]))
        return response

    def form_token(self) -> str:
        """The form token of a page that has a form."""
        page = self.get("/account/sessions").text
        return page.split('name="csrf_token" value="')[1].split('"')[0]

    def sign_out(self) -> TestResponse:
        return self.post("/logout", data={"csrf_token": self.form_token()})

    def leave_for_provider(self, page: TestResponse) -> str:
        """The address that the page after signing out continues to by itself."""
        return unescape(page.text.split('http-equiv="refresh" content="0; url=')[1].split('"')[0])

    def is_signed_in(self) -> bool:
        return self.get("/headshots/status").status_code == 200

    def cookie(self, name: str = "portal_session") -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None


def parse_query(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def get_person(app: Flask, subject: str) -> Person:
    with app.app_context():
        return db.session.scalars(select(Person).where(Person.subject == subject)).one()
