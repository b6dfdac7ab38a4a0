"""People with a chosen headshot whose file is stored."""

from __future__ import annotations

import hashlib
import io

from PIL import Image

from portal.db import transaction
from portal.models import choices
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW


def store_original(photo: Photo) -> None:
    """Store a picture at full size."""
    content = io.BytesIO()
    Image.new("RGB", (1000, 1250), (90, 120, 140)).save(content, "JPEG")
    key = f"photos/{photo.id}/original.jpg"
    get_context().storage.put(key, content.getvalue(), "image/jpeg")
    with transaction() as session:
        session.add(
            Rendition(
                photo_id=photo.id,
                name="original.jpg",
                content_type="image/jpeg",
                width=1000,
                height=1250,
                size=len(content.getvalue()),
                sha256=hashlib.sha256(content.getvalue()).hexdigest(),
                storage_key=key,
            )
        )


def make_person_with_choice(name: str, *, is_agreed: bool = True, has_file: bool = True) -> Person:
    """A person with a chosen picture; without agreement the choice was made in the studio."""
    person = factories.make_person(f"{name.split(maxsplit=1)[0].lower()}@example.com", name=name)
    factories.make_consent(person)
    _, photos = factories.make_finished_shoot(person)
    if has_file:
        store_original(photos[0])
    agreement = factories.USE if is_agreed else None
    with transaction():
        choices.create_choice(
            person.id, photos[0], origin="portal", key="k", acted_at=NOW, now=NOW, agreement=agreement
        )
    return person
