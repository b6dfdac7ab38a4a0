"""My data names each kind of data that is kept about a person, and mentions accesses that it leaves out."""

from __future__ import annotations

from portal.db import transaction
from portal.domain.data_classes import Retention, Subject
from portal.domain.data_map import DATA_MAP
from portal.models import audit
from portal.models.roster import RosterEntry
from portal.services import gallery
from portal.services.my_data import ACCESS_LIMIT
from tests import factories
from tests.factories import NOW, USE
from tests.integration.web_pages.conftest import Visitor, store_renditions

# The class of data, and how the page calls it.
NAMED = {
    Retention.ACCOUNT: "Name, work email, groups",
    Retention.PHOTOS: "3 headshots",
    Retention.KIT: "with its crop and files",
    Retention.ARCHIVE: "It can be downloaded once, for 1 day.",
    Retention.SIGN_IN: "When you signed in, and with which browser",
    Retention.WEBHOOK_BODY: "Messages from the studio about your session 30 days",
    Retention.DELIVERY: "and without your name 90 days",
    Retention.MAIL: "Which emails we sent you, without their text Here for 1 year",
    Retention.PROOF: "proof without your name stays for 3 years",
    Retention.AUDIT: "A log of what was done, without names Here for 3 years",
    Retention.ROSTER: "Your place on the company’s list of participants",
}
# A list is about everyone on it, for a week; the others are counters and the company's own texts.
UNNAMED = {Retention.IMPORT, Retention.OPERATION, Retention.COMPANY}


def test_each_class_of_data_about_a_person_is_named(visitor: Visitor) -> None:
    person = visitor.person
    factories.make_consent(person)
    _shoot, photos = factories.make_finished_shoot(person, 4)
    store_renditions(photos[0], 1)
    gallery.choose_photo(person, photos[0].id, agreement=USE, now=NOW)
    with transaction() as session:
        session.add(
            RosterEntry(address=person.email, source="import", person_id=person.id, created_at=NOW, changed_at=NOW)
        )
    personal = [table for table in DATA_MAP.values() if table.subject is Subject.PERSON]
    kept = {each.retention for table in personal for _name, each in table.iterate_classes()}
    assert kept - UNNAMED == NAMED.keys()
    text = " ".join(visitor.page("/headshots/data").text.split())
    assert [phrase for phrase in NAMED.values() if phrase not in text] == []


def test_accesses_that_are_left_out_are_mentioned(visitor: Visitor) -> None:
    admin = factories.make_person(name="Cleo", role="admin")
    more = "These are the 50 newest. Your download has all of them."
    for count, is_mentioned in ((ACCESS_LIMIT, False), (1, True)):
        with transaction():
            for _number in range(count):
                audit.create_entry("console.viewed", at=NOW, actor_id=admin.id, subject_id=visitor.person.id)
        text = visitor.page("/headshots/data").text
        assert (more in text) is is_mentioned
        assert text.count("Looked at your page") == ACCESS_LIMIT
