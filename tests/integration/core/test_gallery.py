"""Viewing and choosing: the latest act wins, and another person's photos are out of reach."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from PIL import ImageEnhance, ImageOps

from portal.db import transaction
from portal.domain.errors import NotFound, NotReady
from portal.domain.stages import Stage
from portal.models import people, shoots
from portal.models.people import Person
from portal.models.photos import Photo
from portal.models.shoots import Shoot
from portal.services import gallery, journey, mirroring, shoot_sync
from tests.e2e import portraits
from tests.factories import (
    NOW,
    USE,
    list_choices,
    make_consent,
    make_finished_shoot,
    make_person,
    make_photo,
    make_shoot,
)
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image


def make_finished_person(photos: int = 3) -> tuple[Person, Shoot, list[Photo]]:
    person = make_person()
    make_consent(person)
    shoot, made = make_finished_shoot(person, photos)
    return person, shoot, made


def choose_in_studio(shoot: Shoot, photo: Photo, at: datetime, key: str | None = None) -> None:
    with transaction():
        locked = shoots.lock_shoot(shoot.id)
        assert locked is not None
        shoot_sync.record_studio_favorite(locked, photo.provider_id, key=key or str(uuid4()), acted_at=at, now=at)


def apply_favorite(shoot: Shoot, photo: Photo, at: datetime) -> bool:
    with transaction():
        locked = shoots.lock_shoot(shoot.id)
        assert locked is not None
        return shoot_sync.apply_listed_favorite(locked, photo.provider_id, acted_at=at, now=at)


def get_chosen_id(person: Person) -> str | None:
    choice = journey.get_journey(person).choice
    return None if choice is None else str(choice.photo_id)


def test_choice_is_stored_shown_and_published(worked_example: WorkedExample) -> None:
    person, _, (first, *_) = make_finished_person()
    before = people.get_version(person.id)
    assert journey.get_journey(person).stage is Stage.READY
    gallery.choose_photo(person, first.id, agreement=USE, now=NOW)
    assert journey.get_journey(person).stage is Stage.CHOSEN
    opened = gallery.get_gallery(person)
    assert opened.chosen_id == first.id
    assert people.get_version(person.id) == before + 1
    assert worked_example.query("SELECT actor_id = subject_id FROM audit_entries WHERE action = 'choice.made'") == [
        (True,)
    ]


def test_choosing_the_same_photo_twice_is_one_choice(worked_example: WorkedExample) -> None:
    person, shoot, (first, *_) = make_finished_person()
    times = [NOW + timedelta(seconds=second) for second in range(3)]
    acts = {gallery.choose_photo(person, first.id, agreement=USE, now=now).id for now in times}
    assert len(acts) == len(list_choices(shoot)) == 1


def test_concurrent_choices_in_two_tabs_have_one_last(worked_example: WorkedExample) -> None:
    person, shoot, photos = make_finished_person()
    person_id = person.id

    def choose(photo: Photo) -> None:
        own = people.find_person(person_id)
        assert own is not None
        gallery.choose_photo(own, photo.id, agreement=USE, now=NOW)

    outcomes = worked_example.run_concurrently([lambda photo=photo: choose(photo) for photo in photos * 3])  # type: ignore[misc]
    assert outcomes == [None] * 9
    acts = list_choices(shoot)
    assert len({act.acted_at for act in acts}) == len(acts)
    assert get_chosen_id(person) == str(acts[-1].photo_id)


def test_latest_choice_wins_in_portal_or_studio(worked_example: WorkedExample) -> None:
    person, shoot, (first, second, third) = make_finished_person()
    choose_in_studio(shoot, first, NOW + timedelta(minutes=1))
    assert get_chosen_id(person) == str(first.id)
    gallery.choose_photo(person, second.id, agreement=USE, now=NOW + timedelta(minutes=2))
    assert get_chosen_id(person) == str(second.id)
    # Received late, but it happened before.
    choose_in_studio(shoot, third, NOW + timedelta(seconds=90))
    assert get_chosen_id(person) == str(second.id)
    choose_in_studio(shoot, third, NOW + timedelta(minutes=3))
    assert get_chosen_id(person) == str(third.id)
    opened = gallery.get_gallery(person)
    assert opened.studio_photo_id == third.id


def test_choosing_in_the_portal_wins_over_a_pick_with_a_clock_that_is_ahead(worked_example: WorkedExample) -> None:
    person, shoot, (first, second, third) = make_finished_person()
    choose_in_studio(shoot, first, NOW + timedelta(minutes=4))
    gallery.choose_photo(person, second.id, agreement=USE, now=NOW)
    assert get_chosen_id(person) == str(second.id)
    gallery.choose_photo(person, third.id, agreement=USE, now=NOW)
    assert get_chosen_id(person) == str(third.id)


def test_favorite_found_by_sweep_never_overrides_portal_choice(worked_example: WorkedExample) -> None:
    person, shoot, (first, second, third) = make_finished_person()
    gallery.choose_photo(person, first.id, agreement=USE, now=NOW)
    assert apply_favorite(shoot, second, NOW + timedelta(hours=1))
    assert get_chosen_id(person) == str(first.id)
    assert gallery.get_gallery(person).studio_photo_id is not None
    assert not apply_favorite(shoot, second, NOW + timedelta(hours=2))
    assert apply_favorite(shoot, third, NOW + timedelta(hours=2))
    assert get_chosen_id(person) == str(first.id)
    assert not apply_favorite(shoot, third, NOW + timedelta(hours=3))


def test_a_pick_found_by_the_sweep_replaces_an_earlier_pick_in_the_studio(worked_example: WorkedExample) -> None:
    person, shoot, (first, second, _) = make_finished_person()
    choose_in_studio(shoot, first, NOW)
    assert apply_favorite(shoot, second, NOW + timedelta(hours=1))
    assert get_chosen_id(person) == str(second.id)


def test_favorite_of_missing_photo_is_not_shown(worked_example: WorkedExample) -> None:
    person, shoot, (first, *_) = make_finished_person()
    refused = make_photo(shoot, copied_at=None, refused="PhotoRefused")
    choose_in_studio(shoot, refused, NOW)
    assert journey.get_journey(person).stage is Stage.READY
    gallery.choose_photo(person, first.id, agreement=USE, now=NOW)
    choose_in_studio(shoot, refused, NOW + timedelta(hours=1))
    assert get_chosen_id(person) == str(first.id)


def test_after_a_new_run_the_old_choice_does_not_count(worked_example: WorkedExample) -> None:
    person, shoot, photos = make_finished_person()
    first = photos[0]
    gallery.choose_photo(person, first.id, agreement=USE, now=NOW)
    with transaction() as session:
        for photo in photos:
            session.get_one(Photo, photo.id).removed_at = NOW
    make_photo(shoot)
    assert journey.get_journey(person).stage is Stage.READY
    assert not apply_favorite(shoot, first, NOW + timedelta(hours=1))


@pytest.mark.parametrize("whose", ["another person's", "nobody's", "one not copied yet", "one taken away"])
def test_only_own_visible_photos_can_be_chosen(worked_example: WorkedExample, whose: str) -> None:
    person, shoot, _ = make_finished_person()
    _, _, (foreign, *_) = make_finished_person()
    missing = {
        "another person's": foreign.id,
        "nobody's": uuid4(),
        "one not copied yet": make_photo(shoot, copied_at=None).id,
        "one taken away": make_photo(shoot, removed_at=NOW).id,
    }[whose]
    with pytest.raises(NotFound):
        gallery.choose_photo(person, missing, agreement=USE, now=NOW)
    with pytest.raises(NotFound):
        gallery.get_rendition(person, missing, "640.webp", now=NOW)
    assert list_choices(shoot) == []


def test_nothing_can_be_chosen_before_everything_is_copied(worked_example: WorkedExample) -> None:
    person = make_person()
    shoot = make_shoot(person, provider_status="active")
    photo = make_photo(shoot)
    with pytest.raises(NotFound):
        gallery.choose_photo(person, photo.id, agreement=USE, now=NOW)
    with pytest.raises(NotReady):
        gallery.get_gallery(person)


def test_renditions_are_found_by_name_for_their_owner_only(worked_example: WorkedExample) -> None:
    person, _, (first, *_) = make_finished_person()
    other, _, _ = make_finished_person()
    assert gallery.get_rendition(person, first.id, "640.webp", now=NOW).photo_id == first.id
    for outsider, name in ((other, "640.webp"), (person, "1280.webp"), (person, "../640.webp"), (person, "")):
        with pytest.raises(NotFound):
            gallery.get_rendition(outsider, first.id, name, now=NOW)


def test_photos_have_the_studios_order(worked_example: WorkedExample) -> None:
    person, _, photos = make_finished_person()
    for place, photo in enumerate(reversed(photos)):
        worked_example.query("UPDATE photos SET position = %(place)s WHERE id = %(id)s", place=place, id=photo.id)
    shown = gallery.get_gallery(person).photos
    assert [photo.id for photo in shown] == [photo.id for photo in reversed(photos)]


def test_similar_photos_are_side_by_side(worked_example: WorkedExample) -> None:
    """Copies of two portraits that differ in brightness and size alternate in the provider's list."""
    person = make_person()
    make_consent(person)
    shoot = make_shoot(person, provider_status="active", finished_at=NOW)
    first, second = (
        portraits.load_portrait().resize((512, 640)),
        ImageOps.mirror(portraits.load_portrait().resize((512, 640))),
    )
    pictures = {
        "p1": first,
        "p2": second,
        "p3": ImageEnhance.Brightness(first).enhance(1.15),
        "p4": second.resize((256, 320)),
        "p5": ImageEnhance.Contrast(first).enhance(0.9),
    }
    worked_example.provider.add(person.email, "active", id=shoot.provider_id, photos=list(pictures))
    worked_example.downloader.content |= {name: encode_image(picture) for name, picture in pictures.items()}
    mirroring.copy_photos(shoot.id, worked_example.portal)
    listed = [photo.provider_id for photo in gallery.get_gallery(person).photos]
    assert listed == ["p1", "p3", "p5", "p2", "p4"]
