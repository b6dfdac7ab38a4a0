"""People, consents, shoots and photos in a test's database; each maker needs an application context."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from flask_babel import force_locale

from portal.db import transaction
from portal.domain.brands import PROFILEBAKERY
from portal.domain.consent import Policy, UseAgreement
from portal.domain.retention_periods import RetentionPeriods
from portal.models import audit, provider_calls
from portal.models.choices import Choice
from portal.models.consents import Consent
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.models.sessions import Session
from portal.models.shoots import Shoot
from portal.presentation import consent_texts
from portal.services import consent

USE = UseAgreement("2026-11", "en", "By choosing, you agree that Example uses this photo.")
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_numbers = count(1)


def build_policy(company: str = "Example", studio: str = "Studio") -> Policy:
    """Return the English policy."""
    with force_locale("en"):
        return consent_texts.build_policy(
            company=company, studio=replace(PROFILEBAKERY, name=studio), periods=RetentionPeriods()
        )


def make_person(email: str | None = None, *, now: datetime = NOW, **fields: Any) -> Person:
    """Store a person who has signed in, with a unique address unless one is given."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "issuer": "https://id.example",
        "subject": f"subject-{number}",
        "email": email or f"person{number}@example.com",
        "name": f"Person {number}",
        "role": "employee",
        "created_at": now,
        "signed_in_at": now,
    }
    person = Person(**(values | fields))
    with transaction() as session:
        session.add(person)
    return person


def make_sessions(person: Person, *browsers: str) -> None:
    """Add a session of the portal for each of these browsers, the newest first."""
    with transaction() as session:
        for number, user_agent in enumerate(browsers):
            at = NOW - timedelta(minutes=number)
            session.add(
                Session(
                    token_hash=f"{person.id} {number}".encode(),
                    person_id=person.id,
                    created_at=at,
                    active_at=at,
                    expires_at=at + timedelta(hours=12),
                    user_agent=user_agent,
                )
            )


def make_consent(person: Person, *, now: datetime = NOW) -> Consent:
    """Let the person agree to everything."""
    text = build_policy()
    return consent.store_consent(person, text, [each.key for each in text.purposes], now=now, provider="profilebakery")


def make_shoot(person: Person, *, now: datetime = NOW, **fields: Any) -> Shoot:
    """Keep an open shoot whose session exists and waits for its photos."""
    values: dict[str, Any] = {
        "provider": "profilebakery",
        "provider_id": f"model-{next(_numbers)}",
        "provider_status": "onboarding",
        "status_at": now,
        "requested_at": now,
        "attempts": 1,
        "confirmed_at": now,
        "confirmed_by": "create",
    }
    shoot = Shoot(person_id=person.id, **(values | fields))
    with transaction() as session:
        session.add(shoot)
        if shoot.provider_status is not None:
            audit.create_entry(
                "shoot.status", at=now, subject_id=person.id, after=shoot.provider_status, source="create"
            )
    return shoot


def make_photo(shoot: Shoot, provider_id: str | None = None, *, now: datetime = NOW, **fields: Any) -> Photo:
    """Keep a photo that has been copied, with one rendition."""
    number = next(_numbers)
    values: dict[str, Any] = {"position": number, "created_at": now, "copied_at": now, "width": 8, "height": 10}
    photo = Photo(shoot_id=shoot.id, provider_id=provider_id or f"photo-{number}", **(values | fields))
    with transaction() as session:
        session.add(photo)
        session.flush()
        if photo.copied_at is not None:
            session.add(_rendition(photo.id, number))
    return photo


def _rendition(photo_id: UUID, number: int) -> Rendition:
    return Rendition(
        photo_id=photo_id,
        name="640.webp",
        content_type="image/webp",
        width=8,
        height=10,
        size=3,
        sha256="0" * 64,
        storage_key=f"photos/{photo_id}/640-{number}.webp",
    )


def record_call(
    path: str = "/organization", *, at: datetime = NOW, status: int | None = 200, milliseconds: float = 20
) -> None:
    """Store a GET to the provider as the client does."""
    provider_calls.create_call_record(
        at=at, method="GET", path_template=path, status=status, duration_ms=milliseconds, budget_left=None
    )


def make_finished_shoot(
    person: Person, photos: int = 2, *, now: datetime = NOW, **fields: Any
) -> tuple[Shoot, list[Photo]]:
    """Keep a finished shoot, every photo of it copied."""
    values: dict[str, Any] = {"provider_status": "active", "finished_at": now, "copied_at": now, "photo_count": photos}
    shoot = make_shoot(person, now=now, **(values | fields))
    return shoot, [make_photo(shoot, now=now) for _ in range(photos)]


def list_choices(shoot: Shoot) -> list[Choice]:
    """Every act of choosing in a shoot, the oldest first."""
    with transaction() as session:
        found = session.query(Choice).filter_by(shoot_id=shoot.id).order_by(Choice.acted_at, Choice.recorded_at)
        return list(found)
