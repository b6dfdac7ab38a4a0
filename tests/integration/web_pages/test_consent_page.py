"""The consent page: no box is checked beforehand, nothing is lost, and withdrawing is as easy."""

from __future__ import annotations

import pytest

from portal.db import db
from portal.models import shoots
from portal.models.consents import Consent
from tests import factories
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document, get_text


def list_consents(visitor: Visitor) -> list[Consent]:
    db.session.rollback()
    return list(db.session.query(Consent).filter_by(person_id=visitor.person.id))


@pytest.mark.privacy("P01", "P05")
def test_no_box_is_checked_and_not_now_leads_to_the_alternatives(visitor: Visitor) -> None:
    page = visitor.page("/headshots/consent")
    boxes = [each for each in page.all("input") if each.get("type") == "checkbox"]
    assert len(boxes) == len(factories.build_policy().purposes)
    assert not any("checked" in each.attrib for each in boxes)
    assert page.primary == ["Agree and continue"]
    assert page.link("Not now") == "/headshots/not-now"
    other = visitor.page("/headshots/not-now")
    assert other.link("Read it again and decide") == "/headshots/consent"
    assert other.link("Use a photo I already have") == "/headshots/own-photo"
    assert other.link("Ask a question").startswith("mailto:help@example.com")
    assert list_consents(visitor) == []


def test_page_shows_the_whole_text_of_the_evidence(visitor: Visitor) -> None:
    text_parts = visitor.page("/headshots/consent").text
    for block in factories.build_policy(company="Example", studio="Profile Bakery").blocks:
        assert all(part in text_parts for part in (block.heading, block.summary, block.text))


def test_missing_box_is_marked_inline_and_focused_and_the_others_stay(visitor: Visitor) -> None:
    first, second = factories.build_policy().purposes
    response = visitor.press("/headshots/consent", decision="agree", purpose=[second.key])
    assert response.status_code == 400
    page = Document(response.text)
    assert page.title.startswith("Error: ")
    box = page.by_id(f"purpose-{first.key}")
    assert box.get("aria-invalid") == "true"
    assert "autofocus" in box.attrib
    assert get_text(page.by_id(box.get("aria-describedby", ""))) == "Tick this box to continue"
    assert "checked" in page.by_id(f"purpose-{second.key}").attrib
    assert list_consents(visitor) == []
    assert shoots.find_open(visitor.person.id) is None


def test_agreeing_stores_the_text_and_requests_the_session(visitor: Visitor) -> None:
    keys = [purpose.key for purpose in factories.build_policy().purposes]
    for _ in range(2):
        response = visitor.press("/headshots/consent", decision="agree", purpose=keys)
        assert (response.status_code, response.location) == (303, "/headshots/studio")
    (stored,) = list_consents(visitor)
    assert (stored.locale, stored.purposes, stored.provider) == ("en", keys, "profilebakery")
    assert "Example is responsible for your data. Profile Bakery (Mamendo GmbH, Switzerland) runs the st" in stored.text
    assert stored.address_digest
    assert "127.0.0.1" not in stored.address_digest
    shoot = shoots.find_open(visitor.person.id)
    assert shoot is not None
    assert shoot.provider_id is None


@pytest.mark.privacy("P06")
def test_agreement_can_be_read_and_withdrawn_with_one_question(visitor: Visitor) -> None:
    """P06: from the page of the agreement by one press and one question."""
    factories.make_consent(visitor.person)
    page = visitor.page("/headshots/consent")
    assert page.heading == "Your agreement"
    assert "You agreed to this on November 2, 2026" in page.text
    question = visitor.page(page.link("Withdraw my agreement"))
    assert question.heading == "Withdraw your agreement?"
    assert visitor.press("/headshots/withdraw", scope=question.value_of("scope")).location == "/headshots"
    assert [each.withdrawn_at is not None for each in list_consents(visitor)] == [True]
    after = visitor.page("/headshots")
    assert after.heading == "You withdrew your agreement"
    assert after.link("Agree and start again") == "/headshots/consent"
    assert "You withdrew on November 2, 2026" in visitor.page("/headshots/consent").text


def test_withdrawal_without_consent_shows_no_form(visitor: Visitor) -> None:
    page = visitor.page("/headshots/withdraw")
    assert page.heading == "There’s nothing to withdraw"
    assert page.primary == ["Go to my headshots"]
    assert not [each for each in page.all("input") if each.get("name") == "scope"]
    assert visitor.press("/headshots/withdraw", scope="pictures").location == "/headshots"
    assert list_consents(visitor) == []


def test_second_withdrawal_without_pictures_shows_no_form(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    visitor.press("/headshots/withdraw", scope="pictures")
    assert visitor.page("/headshots/withdraw").heading == "There’s nothing to withdraw"


@pytest.mark.parametrize("status", ["onboarding", "waiting", "active", "deleted"])
def test_withdrawal_is_reachable_from_every_stage(visitor: Visitor, status: str) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, provider_status=status, signed_url=b"sealed")
    page = visitor.page("/privacy" if status == "onboarding" else "/headshots")
    assert page.link("My data") == "/headshots/data"
    statement = "Use my photos and face measurements to make my headshots"
    assert visitor.page("/headshots/data").link(f"Withdraw: {statement}") == "/headshots/withdraw"


def test_unknown_choice_value_is_refused(visitor: Visitor) -> None:
    assert visitor.press("/headshots/consent", decision="maybe").status_code == 400


@pytest.mark.privacy("P01")
def test_start_without_consent_redirects_to_consent(visitor: Visitor) -> None:
    response = visitor.press("/headshots/start")
    assert (response.status_code, response.location) == (303, "/headshots/consent")
