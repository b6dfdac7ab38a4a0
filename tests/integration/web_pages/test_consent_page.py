"""Agreeing on a screen of its own: nothing ticked beforehand, nothing lost, and the way back out."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.db import db
from portal.models.consents import Consent
from tests import factories
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.document import Document, said


def consents_of(visitor: Visitor) -> list[Consent]:
    db.session.rollback()
    return list(db.session.query(Consent).filter_by(person_id=visitor.person.id))


def test_nothing_is_ticked_and_there_is_a_way_out(visitor: Visitor) -> None:
    page = visitor.page("/headshots/consent")
    ticks = [each for each in page.all("input") if each.get("type") == "checkbox"]
    assert len(ticks) == len(factories.plain_policy().purposes)
    assert not any("checked" in each.attrib for each in ticks)
    assert page.link("Not now") == "/headshots"
    assert page.link("Ask about a photo of your own").startswith("mailto:help@example.com")
    assert page.primary == ["I agree, go on"]


def test_a_missing_tick_is_named_and_the_others_stay(visitor: Visitor) -> None:
    first, second = factories.plain_policy().purposes
    answer = visitor.press("/headshots/consent", decision="agree", purpose=[second.key])
    assert answer.status_code == 400
    page = Document(answer.text)
    assert page.title.startswith("Error: ")
    alert = next(each for each in page.root.iter() if each.get("role") == "alert")
    assert first.label in said(alert)
    assert page.link(f"Tick this if you agree: {first.label}") == f"#purpose-{first.key}"
    assert "checked" in page.by_id(f"purpose-{second.key}").attrib
    assert page.by_id(f"purpose-{first.key}").get("aria-invalid") == "true"
    assert consents_of(visitor) == []


def test_agreeing_keeps_the_text_in_the_readers_language(visitor: Visitor) -> None:
    keys = [purpose.key for purpose in factories.plain_policy().purposes]
    answer = visitor.press("/headshots/consent", decision="agree", purpose=keys)
    assert (answer.status_code, answer.location) == (303, "/headshots")
    (kept,) = consents_of(visitor)
    assert (kept.locale, kept.purposes, kept.provider) == ("en", keys, "profilebakery")
    assert "Example decides about your data. Profile Bakery runs the photo studio" in kept.text
    assert kept.address_digest
    assert "127.0.0.1" not in kept.address_digest


def test_what_was_agreed_can_be_read_and_withdrawn_in_the_same_place(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    page = visitor.page("/headshots/consent")
    assert page.heading == "What you agreed to"
    assert "You agreed on November 2, 2026" in page.words
    assert visitor.press("/headshots/consent", decision="withdraw").status_code == 303
    assert [each.withdrawn_at is not None for each in consents_of(visitor)] == [True]
    after = visitor.page("/headshots")
    assert after.primary == ["Read and agree"]
    assert "You have withdrawn your agreement" in after.words


@pytest.mark.parametrize("status", ["onboarding", "waiting", "active", "deleted"])
def test_the_way_out_is_found_from_every_stage(visitor: Visitor, status: str) -> None:
    factories.agree(visitor.person)
    factories.make_shoot(visitor.person, provider_status=status)
    assert visitor.page("/headshots").link("Your agreement") == "/headshots/consent"


def test_who_withdraws_while_the_studio_works_is_told_what_happens_now(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    factories.make_shoot(visitor.person, provider_status="generatingHeadshots")
    visitor.press("/headshots/consent", decision="withdraw")
    page = visitor.page("/headshots")
    assert page.heading == "You have withdrawn your agreement"
    assert page.link("Read and agree") == "/headshots/consent"
    factories.agree(visitor.person)
    assert visitor.page("/headshots").heading == "Your headshots are being made"


def test_pictures_held_back_are_copied_once_their_owner_agrees_again(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    shoot = factories.make_shoot(visitor.person, provider_status="active")
    visitor.press("/headshots/consent", decision="withdraw")
    queued = text("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = :key")
    assert db.session.scalar(queued, {"key": f"copy:{shoot.id}"}) == 0
    factories.agree(visitor.person)
    assert db.session.scalar(queued, {"key": f"copy:{shoot.id}"}) == 1


def test_a_decision_nobody_offered_is_refused(visitor: Visitor) -> None:
    assert visitor.press("/headshots/consent", decision="maybe").status_code == 400


def test_starting_without_agreeing_leads_to_the_question(visitor: Visitor) -> None:
    answer = visitor.press("/headshots/start")
    assert (answer.status_code, answer.location) == (303, "/headshots/consent")
