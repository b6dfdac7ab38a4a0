"""My page in every stage: one heading, one main action, and news only when there is some."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from portal.db import transaction
from portal.domain import stages
from portal.models import shoot_steps, shoots
from portal.models.photos import Photo
from portal.services import shoot_sync
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor, sign_in_as
from tests.integration.web_pages.html_document import Document, get_text

STAGES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "photos received": ({"provider_status": "waiting"}, "Your headshots are on the way", []),
    "in progress": ({"provider_status": "generatingHeadshots"}, "Your headshots are on the way", []),
    "unknown status": ({"provider_status": "polishing"}, "Your headshots are on the way", []),
    "no link": ({"problem": "link_lost"}, "Your studio link stopped working", []),
    "no credits": (
        {"provider_id": None, "provider_status": None, "problem": "no_credits"},
        "No photo session is free right now",
        [],  # the session starts by itself; a button is not needed
    ),
    "refused": (
        {"provider_id": None, "provider_status": None, "problem": "refused"},
        "Your photo session couldn’t start",
        ["Use a photo I already have"],  # only an admin can help with the session
    ),
    "no photos": (
        {"provider_status": "active", "problem": "no_photos"},
        "Your headshots haven’t arrived",
        ["Try these pictures again"],
    ),
    "deleted": (
        {"provider_status": "deleted", "closed_at": NOW},
        "This photo session was deleted",
        ["Start a new session"],
    ),
}
STUDIO_STEPS: dict[str, dict[str, Any]] = {
    "starting": {"provider_id": None, "provider_status": None},
    "in studio": {"signed_url": b"sealed"},
    "back in studio": {"signed_url": b"sealed", "opened_at": NOW},
}


def test_new_person_has_to_agree_first(visitor: Visitor) -> None:
    response = visitor.get("/headshots")
    assert (response.status_code, response.location) == (303, "/headshots/consent")
    page = visitor.page("/headshots/consent")
    assert [get_text(each) for each in page.all("li") if each.get("aria-current") == "step"] == ["Agree"]


def test_person_with_consent_and_no_session_can_start(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    page = visitor.page("/headshots")
    assert page.heading == "Ready when you are"
    assert page.primary == ["Start the photo session"]


@pytest.mark.parametrize("step", STUDIO_STEPS)
def test_my_page_leads_to_the_studio_page_while_photos_are_taken(visitor: Visitor, step: str) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, **STUDIO_STEPS[step])
    response = visitor.get("/headshots")
    assert (response.status_code, response.location) == (303, "/headshots/studio")
    assert 'data-title="Take your photos"' in visitor.get("/headshots/status").text


@pytest.mark.parametrize("stage", STAGES)
def test_stage_has_one_heading_and_at_most_one_primary_action(visitor: Visitor, stage: str) -> None:
    fields, heading, primary = STAGES[stage]
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, **fields)
    page = visitor.page("/headshots")
    assert page.heading == heading
    assert page.title == f"{heading} – Example"
    assert page.primary == primary
    assert "Try again" not in page.text


def test_withdrawal_while_the_session_is_created_requires_consent_again(visitor: Visitor) -> None:
    factories.make_shoot(visitor.person, provider_id=None, provider_status=None)
    page = visitor.page("/headshots")
    assert page.heading == "Get your headshot"
    assert page.primary == ["See what happens with your photos"]


def test_copying_is_counted(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    shoot = factories.make_shoot(visitor.person, provider_status="active", finished_at=NOW, photo_count=40)
    for _ in range(12):
        factories.make_photo(shoot)
    page = visitor.page("/headshots")
    assert "Saving headshot 12 of 40" in page.text
    (bar,) = page.all("progress")
    assert (bar.get("value"), bar.get("max")) == ("12", "40")


def test_missing_photos_are_counted_with_their_reasons_and_can_be_tried_again(
    visitor: Visitor, finished: list[Photo]
) -> None:
    shoot_id = finished[0].shoot_id
    assert shoot_id is not None
    shoot = shoots.find_by_id(shoot_id)
    assert shoot is not None
    for reason in ("not_found", "timeout", "side_too_long"):
        factories.make_photo(shoot, copied_at=None, refused=reason)
    factories.make_photo(shoot, copied_at=None)
    page = visitor.page("/headshots")
    assert "1 more picture is on its way." in page.text
    assert "3 pictures couldn’t be brought here." in page.text
    assert "1 is too large." in page.text
    assert "The studio didn’t deliver 2 of them." in page.text
    assert visitor.press("/headshots/photos/retry").status_code == 303
    page = visitor.page("/headshots")
    assert "4 more pictures are on their way." in page.text
    assert "couldn’t be brought here" not in page.text


def test_ready_shows_previews_and_leads_to_the_gallery(visitor: Visitor, finished: list[Photo]) -> None:
    page = visitor.page("/headshots")
    assert page.heading == "Your headshots are ready"
    assert "4 headshots are waiting" in page.text
    assert page.link("Choose your headshot") == "/headshots/gallery"
    shown = [each.get("src") for each in page.all("img")]
    assert shown == [f"/photos/{photo.id}/320.webp" for photo in finished[:3]]


def test_chosen_shows_the_picture_download_and_change(visitor: Visitor, finished: list[Photo]) -> None:
    assert visitor.press("/headshots/choice", photo=finished[1].id).status_code == 303
    page = visitor.page("/headshots")
    assert page.heading == "You’re all set"
    assert "Download all (ZIP)" in page.primary
    assert page.link("Choose another photo") == "/headshots/gallery"
    (avatar,) = [each for each in page.by_id("avatar").iter() if each.get("href")]
    assert avatar.get("href") == f"/photos/{finished[1].id}/96.webp"
    assert "AI-generated" in page.text
    assert page.all("ol")[-1].get("aria-label") == "Your photo session so far"


def test_next_step_is_shown_only_if_configured(make_app: Callable[..., Flask]) -> None:
    for next_step in ("Example adds it to the directory today.", None):
        app = make_app(next_step=next_step)
        with app.app_context():
            visitor = sign_in_as(app, factories.make_person())
            _, photos = factories.make_finished_shoot(visitor.person, 1)
            visitor.press("/headshots/choice", photo=photos[0].id)
            text_parts = visitor.page("/headshots").text
        assert ("Example adds it to the directory today." in text_parts) is (next_step is not None)


def test_photos_deleted_at_the_studio_are_deleted_in_the_portal(visitor: Visitor, finished: list[Photo]) -> None:
    visitor.press("/headshots/choice", photo=finished[1].id)
    with transaction():
        shoot = shoots.lock_shoot(finished[0].shoot_id)
        assert shoot is not None
        shoot_sync.apply_status(
            shoot, stages.DELETED, at=NOW + timedelta(days=1), by="event", now=NOW + timedelta(days=1)
        )
    page = visitor.page("/headshots")
    assert page.heading == "This photo session was deleted"
    assert "no longer exists at the studio, and we keep no pictures" in page.text
    assert page.all("img") == []
    assert visitor.get(f"/photos/{finished[1].id}/1280.jpg").status_code == 404


def test_fragment_equals_the_page_and_is_sent_once(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    page = visitor.page("/headshots")
    known = page.by_id("live").get("data-etag")
    response = visitor.get("/headshots/status", headers={"If-None-Match": f'"{known}"'})
    assert (response.status_code, response.data) == (304, b"")
    fresh = visitor.get("/headshots/status")
    assert fresh.status_code == 200
    assert get_text(Document(fresh.text).by_id("stage")) == get_text(page.by_id("stage"))


def test_csrf_token_change_keeps_etag_and_stage_change_does_not(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    first, second = visitor.get("/headshots/status"), visitor.get("/headshots/status")
    assert 'name="csrf_token"' in first.text
    assert "\x00" not in first.text
    assert first.headers["ETag"] == second.headers["ETag"]
    shoot = factories.make_shoot(visitor.person, provider_status="waiting")
    third = visitor.get("/headshots/status", headers={"If-None-Match": first.headers["ETag"]})
    assert third.status_code == 200
    unchanged = visitor.get("/headshots/status", headers={"If-None-Match": third.headers["ETag"]})
    assert unchanged.status_code == 304
    with transaction():
        locked = shoots.lock_shoot(shoot.id)
        assert locked is not None
        locked.confirmed_at = NOW.replace(hour=10)
    confirmed = visitor.get("/headshots/status", headers={"If-None-Match": third.headers["ETag"]})
    assert confirmed.status_code == 200


@pytest.mark.parametrize(
    ("mail_url", "expected"), [(None, "Come back around"), ("smtp://localhost", "We’ll email person@example.com when")]
)
def test_email_is_announced_only_if_mail_is_configured(
    make_app: Callable[..., Flask], mail_url: str | None, expected: str
) -> None:
    app = make_app(mail_url=mail_url, mail_from="portal@example.com")
    with app.app_context():
        visitor = sign_in_as(app, factories.make_person("person@example.com"))
        factories.make_shoot(visitor.person, provider_status="generatingHeadshots")
        assert expected in visitor.page("/headshots").text


def test_page_is_in_the_language_of_the_person(sign_in: Callable[..., Visitor]) -> None:
    page = sign_in(factories.make_person(locale="de")).page("/headshots/consent")
    assert page.all("html")[0].get("lang") == "de"
    assert page.primary == ["Einwilligen und weiter"]


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/logout", 405)])
def test_failed_account_switch_keeps_current_session(sign_in: Callable[..., Visitor], path: str, status: int) -> None:
    page = sign_in(factories.make_person(name="Ada Lovelace", locale="de")).page(path, status)
    assert page.all("html")[0].get("lang") == "de"
    assert "Ada Lovelace" in page.text
    assert "Abmelden" in page.text


def list_times(page: Document) -> list[str]:
    return [each.get("datetime", "") for each in page.all("time")]


def test_timeline_has_times_and_how_they_were_confirmed(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    shoot = factories.make_shoot(
        visitor.person, provider_status="pending", opened_at=NOW, confirmed_by="event", status_since=NOW
    )
    with transaction():
        shoot_steps.store_step(shoot.id, "checking", at=NOW - timedelta(minutes=20), uncertainty=0, drop=())
        shoot_steps.store_step(shoot.id, "making", at=NOW, uncertainty=300, drop=())
    page = visitor.page("/headshots")
    now = [get_text(each) for each in page.all("li") if each.get("aria-current") == "step"][-1]
    assert "Photos received" in page.text
    assert "Work began by" in page.text
    assert now.startswith("Making your headshots Usually 1 to 3 hours. Started")
    assert "Confirmed by the studio" in page.text
    assert all(datetime.fromisoformat(moment).tzinfo for moment in list_times(page))
    assert page.by_id("live").get("data-now") == (NOW + timedelta(minutes=1)).isoformat()


def test_progress_has_one_estimate_and_one_bar(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, provider_status="pending", status_since=NOW - timedelta(minutes=59))
    page = visitor.page("/headshots")
    (bar,) = page.all("progress")
    assert (bar.get("value"), bar.get("max")) == ("50", "100")
    assert "Ready around 10:05 AM UTC" in page.text.replace("\u202f", " ")
    assert datetime.fromisoformat(bar.get("data-to", "")) == NOW.replace(hour=10, minute=5)


def test_times_are_in_the_browsers_time_zone_once_it_is_known(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, provider_status="pending", status_since=NOW)
    visitor.client.set_cookie("time_zone", "America/New_York")
    text_parts = visitor.page("/headshots").text
    assert "Ready around 6:00 AM" in text_parts.replace("\u202f", " ")
    assert "UTC" not in text_parts


def test_unknown_time_zone_is_ignored(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, provider_status="pending", status_since=NOW)
    visitor.client.set_cookie("time_zone", "Middle/Earth")
    assert "11:00 AM UTC" in visitor.page("/headshots").text.replace("\u202f", " ")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"provider_status": "failed", "status_since": NOW}, "the studio is trying again"),
        ({"provider_status": "pending", "restarted_at": NOW, "status_since": NOW}, "restarted your headshots"),
        ({"provider_status": "pending", "confirmed_by": "check"}, "Checked with the studio"),
        (
            {"provider_status": "pending", "status_since": NOW - timedelta(hours=4)},
            "Taking longer than usual",
        ),
        ({"provider_status": "pending", "status_since": NOW - timedelta(days=1)}, "on your admins’ list"),
        (
            {"provider_status": "pending", "status_since": NOW - timedelta(days=1), "stuck_notified_at": NOW},
            "Your admins know.",
        ),
    ],
)
def test_unusual_events_are_named(visitor: Visitor, fields: dict[str, Any], expected: str) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, **fields)
    assert expected in visitor.page("/headshots").text


def test_usual_wait_shows_no_warning(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, provider_status="pending", status_since=NOW)
    text_parts = visitor.page("/headshots").text
    assert not any(each in text_parts for each in ("restarted", "longer", "trying again", "admins know"))


def test_page_stays_while_all_shown_photos_are_replaced(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    shoot, _ = factories.make_finished_shoot(visitor.person, 0)
    factories.make_photo(shoot, removed_at=NOW, removed_by="provider")
    factories.make_photo(shoot, copied_at=None)
    assert visitor.get("/headshots/status").status_code == 200
    page = visitor.page("/headshots")
    assert "1 more picture is on its way." in page.text
    assert page.primary == []


def test_timeline_stays_after_choosing(visitor: Visitor, finished: list[Photo]) -> None:
    visitor.press("/headshots/choice", photo=finished[1].id)
    page = visitor.page("/headshots")
    assert "Details" in [get_text(each) for each in page.all("summary")]
    assert "Headshot chosen" in page.text
