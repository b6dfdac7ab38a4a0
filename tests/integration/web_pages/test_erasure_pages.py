"""A person deletes everything, or one photo session, alone: question, consequences, and the receipt with its steps."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.db import db, transaction
from portal.domain.erasure import ErasureScope, ErasureStep
from portal.models import choices, erasures, people
from portal.models.audit import AuditEntry
from portal.models.erasures import Erasure
from portal.models.photos import Photo
from portal.services import erasure_run, gallery
from portal.web.context import get_context
from tests.factories import NOW, USE
from tests.integration.web_pages.conftest import Visitor


def get_only_erasure() -> Erasure:
    db.session.expire_all()
    return db.session.scalars(select(Erasure)).one()


def erase_locally(erasure: Erasure) -> None:
    context = get_context()
    erasure_run.erase_local_data(erasure.id, storage=context.storage, now=context.clock())


def confirm_at_the_studio(erasure: Erasure) -> None:
    with transaction():
        erasures.confirm_deletion("m1")
    erasure_run.run_erasure(erasure.id, get_context())


@pytest.mark.privacy("P09")
def test_nothing_is_deleted_without_confirmation(visitor: Visitor, finished: list[Photo]) -> None:
    question = visitor.page("/headshots/data").link("Delete everything")
    page = visitor.page(question)
    assert page.heading == "Delete everything about you?"
    assert "A receipt without your name" in page.text
    refused = visitor.press(question)
    assert refused.status_code == 400
    assert "Tick this box to continue" in refused.text
    assert db.session.scalars(select(Erasure)).all() == []
    assert visitor.get(f"/photos/{finished[0].id}/640.webp").status_code == 200


@pytest.mark.privacy("P09", "P10")
def test_person_deletes_everything_and_reads_each_step_on_the_receipt(visitor: Visitor, finished: list[Photo]) -> None:
    response = visitor.press("/my-data/delete", confirmed="yes")
    erasure = get_only_erasure()
    assert (response.status_code, response.location) == (303, f"/deleted/{erasure.id}")
    assert visitor.get("/headshots").status_code == 303
    assert visitor.get(f"/photos/{finished[0].id}/640.webp").status_code == 401
    started = visitor.page(response.location)
    assert started.heading == "We’re deleting everything about you"
    assert started.text.count("still to do") == len(ErasureStep) - 2
    erase_locally(erasure)
    # The receipt opens without a sign-in and shows since when the studio has not confirmed.
    waiting = visitor.page(response.location)
    assert "Done here. Profile Bakery still has to confirm." in waiting.text
    assert "We asked the studio and keep asking until it confirms. Waiting since:" in waiting.text
    assert waiting.text.count("still to do") == 1
    assert people.find_person(visitor.person.id) is None
    confirm_at_the_studio(erasure)
    done = visitor.page(response.location)
    assert done.heading == "Everything about you is deleted"
    assert "still to do" not in done.text
    assert str(erasure.id) in done.text
    assert "Lovelace" not in done.text
    ordered = select(AuditEntry).filter_by(action="person.erasure_ordered")
    assert [entry.actor_id for entry in db.session.scalars(ordered)] == [visitor.person.id]


@pytest.mark.parametrize("keeps", [True, False])
def test_person_deletes_one_session_and_reads_how_far_that_is(
    visitor: Visitor, finished: list[Photo], keeps: bool
) -> None:
    gallery.choose_photo(visitor.person, finished[0].id, agreement=USE, now=NOW)
    question = visitor.page("/headshots/data").link("Delete: photo session of November 2, 2026")
    page = visitor.page(question)
    assert page.heading == "Delete this photo session?"
    assert "Your headshot is from this session" in page.text
    response = visitor.press(question, headshot="keep" if keeps else "delete")
    assert response.location == "/headshots/data#deleted"
    erasure = get_only_erasure()
    assert erasure.scope == ErasureScope.SESSION
    chosen = choices.find_current(visitor.person.id)
    assert (chosen is not None) is keeps
    erase_locally(erasure)
    assert "Deleted here. The studio still has to confirm." in visitor.page("/headshots/data").text
    confirm_at_the_studio(erasure)
    after = visitor.page("/headshots/data")
    assert "Deleted here and at the studio" in after.text
    assert ("Your headshot" in after.text) is keeps
    assert [visitor.get(f"/photos/{photo.id}/640.webp").status_code for photo in finished] == [
        200 if keeps else 404,
        404,
        404,
        404,
    ]
    assert people.find_person(visitor.person.id) is not None
