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
from tests.integration.web_pages.conftest import Visitor, visit_as
from tests.integration.web_pages.document import Document, said

STAGES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "starting": ({"provider_id": None, "provider_status": None}, "Preparing your studio", []),
    "in studio": ({"signed_url": b"sealed"}, "Take your photos", ["Go to the studio"]),
    "back in studio": (
        {"signed_url": b"sealed", "opened_at": NOW},
        "Take your photos",
        ["Continue in the studio"],
    ),
    "photos received": ({"provider_status": "waiting"}, "Your photos have arrived", []),
    "in progress": ({"provider_status": "generatingHeadshots"}, "Your headshots are being made", []),
    "never heard of": ({"provider_status": "polishing"}, "Your headshots are being made", []),
    "no link": ({"problem": "link_lost"}, "Your link to the studio no longer works", ["Write to support"]),
    "no credits": (
        {"provider_id": None, "provider_status": None, "problem": "no_credits"},
        "There is no free session at the moment",
        [],  # it goes on by itself; asking again would help nobody
    ),
    "refused": (
        {"provider_id": None, "provider_status": None, "problem": "refused"},
        "The studio could not start your session",
        ["Try again"],
    ),
    "no photos": (
        {"provider_status": "active", "problem": "no_photos"},
        "Your pictures have not arrived",
        ["Write to support"],
    ),
    "deleted": (
        {"provider_status": "deleted", "closed_at": NOW},
        "Your photo session has been deleted",
        ["Start again"],
    ),
}


def test_a_newcomer_is_asked_to_agree_first(visitor: Visitor) -> None:
    page = visitor.page("/headshots")
    assert page.heading == "Get your headshot"
    assert page.title == "Get your headshot – Example"
    assert page.primary == ["Read and agree"]
    assert page.link("Read and agree") == "/headshots/consent"
    assert [said(each) for each in page.all("li") if each.get("aria-current") == "step"] == ["Agree"]


def test_who_has_agreed_can_start(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    page = visitor.page("/headshots")
    assert page.heading == "Ready when you are"
    assert page.primary == ["Start the photo session"]


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_says_what_it_is_and_offers_one_thing(visitor: Visitor, stage: str) -> None:
    fields, heading, primary = STAGES[stage]
    factories.agree(visitor.person)
    factories.make_shoot(visitor.person, **fields)
    page = visitor.page("/headshots")
    assert page.heading == heading
    assert page.title == f"{heading} – Example"
    assert page.primary == primary


def test_who_withdraws_while_the_studio_is_prepared_is_asked_again(visitor: Visitor) -> None:
    factories.make_shoot(visitor.person, provider_id=None, provider_status=None)
    page = visitor.page("/headshots")
    assert page.heading == "Get your headshot"
    assert page.primary == ["Read and agree"]


def test_copying_is_counted(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    shoot = factories.make_shoot(visitor.person, provider_status="active", finished_at=NOW, photo_count=40)
    for _ in range(12):
        factories.make_photo(shoot)
    page = visitor.page("/headshots")
    assert "Saving your photos: 12 of 40" in page.words
    (bar,) = page.all("progress")
    assert (bar.get("value"), bar.get("max")) == ("12", "40")


def test_ready_shows_a_foretaste_and_leads_to_the_gallery(visitor: Visitor, finished: list[Photo]) -> None:
    page = visitor.page("/headshots")
    assert page.heading == "Your headshots are ready"
    assert "4 pictures are waiting" in page.words
    assert page.link("Choose your headshot") == "/headshots/gallery"
    shown = [each.get("src") for each in page.all("img")]
    assert shown == [f"/photos/{photo.id}/320.webp" for photo in finished[:3]]


def test_chosen_shows_the_picture_and_the_way_back(visitor: Visitor, finished: list[Photo]) -> None:
    assert visitor.press("/headshots/choice", photo=finished[1].id).status_code == 303
    page = visitor.page("/headshots")
    assert page.heading == "This is your headshot"
    assert page.link("Download") == f"/photos/{finished[1].id}/1280.jpg"
    assert page.link("Change your mind") == "/headshots/gallery"
    assert "Ada Lovelace" in page.words


def test_what_is_deleted_at_the_studio_is_not_kept_here_either(visitor: Visitor, finished: list[Photo]) -> None:
    visitor.press("/headshots/choice", photo=finished[1].id)
    with transaction():
        shoot = shoots.lock_shoot(finished[0].shoot_id)
        assert shoot is not None
        shoot_sync.apply_status(
            shoot, stages.DELETED, at=NOW + timedelta(days=1), by="event", now=NOW + timedelta(days=1)
        )
    page = visitor.page("/headshots")
    assert page.heading == "Your photo session has been deleted"
    assert "no longer exist at the studio, and none are kept here" in page.words
    assert page.all("img") == []
    assert visitor.get(f"/photos/{finished[1].id}/1280.jpg").status_code == 404


def test_the_fragment_is_what_the_page_shows_and_is_sent_once(visitor: Visitor) -> None:
    page = visitor.page("/headshots")
    known = page.by_id("live").get("data-etag")
    answer = visitor.get("/headshots/status", headers={"If-None-Match": f'"{known}"'})
    assert (answer.status_code, answer.data) == (304, b"")
    fresh = visitor.get("/headshots/status")
    assert fresh.status_code == 200
    assert said(Document(fresh.text).by_id("stage")) == said(page.by_id("stage"))


def test_a_form_token_is_no_news_but_a_stage_is(visitor: Visitor) -> None:
    factories.agree(visitor.person)
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
        shoot.confirmed_at = NOW.replace(hour=10)
    confirmed = visitor.get("/headshots/status", headers={"If-None-Match": third.headers["ETag"]})
    assert confirmed.status_code == 200


@pytest.mark.parametrize(
    ("mail_url", "said_so"), [(None, "come back later"), ("smtp://localhost", "You will get an e-mail")]
)
def test_an_email_is_promised_only_where_mail_is_set_up(
    make_app: Callable[..., Flask], mail_url: str | None, said_so: str
) -> None:
    app = make_app(mail_url=mail_url, mail_from="portal@example.com")
    with app.app_context():
        visitor = visit_as(app, factories.make_person())
        factories.make_shoot(visitor.person, provider_status="generatingHeadshots")
        assert said_so in visitor.page("/headshots").words


def test_the_page_is_in_the_persons_language(sign_in: Callable[..., Visitor]) -> None:
    page = sign_in(factories.make_person(locale="de")).page("/headshots")
    assert page.all("html")[0].get("lang") == "de"
    assert page.primary == ["Lesen und einwilligen"]


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/logout", 405)])
def test_whoever_goes_astray_stays_who_they_are(sign_in: Callable[..., Visitor], path: str, status: int) -> None:
    page = sign_in(factories.make_person(name="Ada Lovelace", locale="de")).page(path, status)
    assert page.all("html")[0].get("lang") == "de"
    assert "Ada Lovelace" in page.words
    assert "Abmelden" in page.words


def moments(page: Document) -> list[str]:
    return [each.get("datetime", "") for each in page.all("time")]


def test_what_happens_is_told_as_a_story_with_times(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    shoot = factories.make_shoot(
        visitor.person, provider_status="pending", opened_at=NOW, confirmed_by="event", status_since=NOW
    )
    with transaction():
        shoot_steps.store_step(shoot.id, "checking", at=NOW - timedelta(minutes=20), uncertainty=0, drop=())
        shoot_steps.store_step(shoot.id, "making", at=NOW, uncertainty=300, drop=())
    page = visitor.page("/headshots")
    now = [said(each) for each in page.all("li") if each.get("aria-current") == "step"][-1]
    assert "Photos received" in page.words
    assert "Work on your headshots began by" in page.words
    assert now.startswith("Your headshots are being made Usually 1 to 3 hours, often about 2 hours. Yours began")
    assert "Last confirmed" in page.words
    assert "by a message from the studio" in page.words
    assert all(datetime.fromisoformat(moment).tzinfo for moment in moments(page))
    assert page.by_id("live").get("data-now") == (NOW + timedelta(minutes=1)).isoformat()


@pytest.mark.parametrize(
    ("fields", "said_so"),
    [
        ({"provider_status": "failed", "status_since": NOW}, "taking another attempt"),
        ({"provider_status": "onboarding", "signed_url": b"x", "restarted_at": NOW}, "take or upload your photos once"),
        ({"provider_status": "pending", "restarted_at": NOW, "status_since": NOW}, "has started over"),
        ({"provider_status": "pending", "confirmed_by": "check"}, "when we asked the studio"),
        ({"provider_status": "pending", "status_since": NOW - timedelta(hours=4)}, "a little longer today"),
        ({"provider_status": "pending", "status_since": NOW - timedelta(days=1)}, "on the list of those who run this"),
        (
            {"provider_status": "pending", "status_since": NOW - timedelta(days=1), "stuck_told_at": NOW},
            "Those who run this portal have been told",
        ),
    ],
)
def test_what_is_out_of_the_ordinary_is_owned_up_to(visitor: Visitor, fields: dict[str, Any], said_so: str) -> None:
    factories.agree(visitor.person)
    factories.make_shoot(visitor.person, **fields)
    assert said_so in visitor.page("/headshots").words


def test_whoever_waits_in_the_usual_way_reads_no_excuses(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    factories.make_shoot(visitor.person, provider_status="pending", status_since=NOW)
    words = visitor.page("/headshots").words
    assert not any(each in words for each in ("started over", "longer", "another attempt", "have been told"))


def test_how_it_went_can_be_read_afterwards(visitor: Visitor, finished: list[Photo]) -> None:
    visitor.press("/headshots/choice", photo=finished[1].id)
    page = visitor.page("/headshots")
    assert "How your session went" in [said(each) for each in page.all("summary")]
    assert "Headshot chosen" in page.words
