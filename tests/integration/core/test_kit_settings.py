"""Kits follow the settings: the mark is drawn where the policy asks for it, and old files are replaced."""

from __future__ import annotations

import dataclasses
import io

import pytest
from PIL import Image, ImageChops

from portal.db import transaction
from portal.domain.ai_policy import AiPolicy, parse_ai_policy
from portal.domain.errors import NotFound
from portal.images.visible_mark import ENGLISH_TEXTS
from portal.models import choices, kits
from portal.models.kits import Kit
from portal.models.people import Person
from portal.presentation import kit_messages
from portal.services import gallery, kit_rendering, own_photos
from portal.services import kits as kit_service
from portal.services.app_context import AppContext
from tests.factories import NOW, USE, make_finished_shoot, make_person
from tests.integration.core.worked_example import WorkedExample
from tests.integration.web_pages.conftest import store_renditions
from tests.unit.images.photos import encode_image, load_portrait


def change_policy(portal: AppContext, text: str) -> AppContext:
    """Return the context of a portal that was started again with another policy."""
    return dataclasses.replace(portal, settings=dataclasses.replace(portal.settings, ai_policy=parse_ai_policy(text)))


def choose_generated(example: WorkedExample) -> Person:
    person = make_person()
    _shoot, generated = make_finished_shoot(person, 1, closed_at=NOW)
    store_renditions(generated[0], 1, is_original_stored=True)
    gallery.choose_photo(person, generated[0].id, agreement=USE, now=example.clock.now)
    return person


def choose_own(example: WorkedExample) -> Person:
    person = make_person()
    photo = own_photos.store_upload(person, encode_image(load_portrait(800, 1000)), context=example.portal)
    example.work()
    gallery.choose_photo(person, photo.id, agreement=USE, now=example.clock.now)
    return person


def find_kit(person: Person) -> Kit:
    with transaction():
        kit = kits.find_current(person.id)
    assert kit is not None
    return kit


def render_files(person: Person, portal: AppContext) -> dict[str, bytes]:
    """Render the person's kit as a worker with these settings does; return its files by key."""
    kit_rendering.refresh_outdated(portal)
    kit_rendering.render_kit(find_kit(person).id, portal, ENGLISH_TEXTS)
    kit = find_kit(person)
    with transaction():
        files = kits.list_files(kit.id)
    return {key: portal.storage.get(file.storage_key) for key, file in files.items()}


def is_same_picture(one: bytes, other: bytes) -> bool:
    pair = [Image.open(io.BytesIO(content)).convert("RGB") for content in (one, other)]
    return ImageChops.difference(*pair).getbbox() is None


def test_mark_is_drawn_into_the_sizes_of_the_policy_alone(worked_example: WorkedExample) -> None:
    person = choose_generated(worked_example)
    plain = render_files(person, change_policy(worked_example.portal, "web=label"))
    marked = render_files(person, change_policy(worked_example.portal, "web=mark, ldap=mark, signature-128=mark"))
    changed = {key for key in plain if not is_same_picture(plain[key], marked[key])}
    assert changed == {"web", "ldap", "signature-128"}


def test_own_photo_never_gets_the_mark(worked_example: WorkedExample) -> None:
    person = choose_own(worked_example)
    plain = render_files(person, change_policy(worked_example.portal, "web=label"))
    everywhere = ", ".join(f"{key}={AiPolicy.MARK}" for key in plain)
    assert render_files(person, change_policy(worked_example.portal, everywhere)) == plain


def test_file_without_its_mark_is_not_handed_out_and_is_replaced(worked_example: WorkedExample) -> None:
    person = choose_generated(worked_example)
    before = change_policy(worked_example.portal, "web=label")
    render_files(person, before)
    old = find_kit(person)
    now = change_policy(worked_example.portal, "web=label, badge=mark")
    with transaction():
        with pytest.raises(NotFound):
            kit_service.get_kit_file(person, "badge", now.settings)
        assert kit_service.get_kit_file(person, "web", now.settings).key == "web"
        detail = kit_service.get_kit_detail(person, now.settings, now=NOW)
    assert "badge" not in detail.files
    assert kit_rendering.refresh_outdated(now) == 1
    assert kit_rendering.refresh_outdated(now) == 0
    kit_rendering.render_kit(find_kit(person).id, now, ENGLISH_TEXTS)
    with transaction():
        assert kit_service.get_kit_file(person, "badge", now.settings).kit_id != old.id
    kit_service.delete_superseded(now)
    assert list(worked_example.portal.storage.list(f"kits/{old.id}/")) == []
    assert kit_rendering.refresh_outdated(now) == 0


def test_destination_opened_later_gets_its_file(worked_example: WorkedExample) -> None:
    person = choose_generated(worked_example)
    assert "badge" not in render_files(person, change_policy(worked_example.portal, "badge=own-photo"))
    assert "badge" in render_files(person, change_policy(worked_example.portal, "badge=label"))


def test_kit_half_rendered_with_other_settings_starts_over(worked_example: WorkedExample) -> None:
    person = choose_generated(worked_example)
    render_files(person, change_policy(worked_example.portal, "web=label"))
    half = find_kit(person)
    with transaction() as session:
        session.get_one(Kit, half.id).state = "pending"
    marked = change_policy(worked_example.portal, "web=mark")
    kit_rendering.render_kit(half.id, marked, ENGLISH_TEXTS)
    assert find_kit(person).id != half.id
    kit_rendering.render_kit(find_kit(person).id, marked, ENGLISH_TEXTS)
    assert find_kit(person).state == "ready"


def test_kit_of_an_earlier_version_is_replaced_once(worked_example: WorkedExample) -> None:
    person = choose_generated(worked_example)
    render_files(person, worked_example.portal)
    kit = find_kit(person)
    with transaction() as session:
        session.get_one(Kit, kit.id).settings_digest = None
    assert kit_rendering.refresh_outdated(worked_example.portal) == 1
    assert kit_rendering.refresh_outdated(worked_example.portal) == 0


def test_kit_without_a_choice_is_closed_by_the_refresh(worked_example: WorkedExample) -> None:
    person = choose_generated(worked_example)
    render_files(person, worked_example.portal)
    with transaction():
        choices.withdraw_all(person.id, NOW)
    kit_rendering.refresh_outdated(change_policy(worked_example.portal, "web=label"))
    with transaction():
        assert kits.find_current(person.id) is None


def test_mark_is_in_the_language_of_the_company(worked_example: WorkedExample) -> None:
    del worked_example
    assert kit_messages.get_mark_texts("de").full == "KI-generiert"
    assert kit_messages.get_mark_texts("de").short == "KI"
    assert kit_messages.get_mark_texts("en") == ENGLISH_TEXTS
