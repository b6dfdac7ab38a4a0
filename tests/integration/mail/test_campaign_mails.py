"""Mails of campaigns against a real mail server: each once, to the right people, ended by all that ends them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from portal.db import transaction
from portal.domain.audiences import Audience
from portal.domain.errors import ChangedMeanwhile, LinkClosed
from portal.domain.reminder_plan import ReminderPlan
from portal.domain.roster_filter import RosterFilter
from portal.models import campaign_people, roster_list
from portal.models.choices import Choice
from portal.services import campaign_mails, roster_marks
from portal.services import campaigns as service
from tests.factories import make_finished_shoot, make_person
from tests.integration.mail.conftest import Office, get_parts
from tests.integration.mail.running_campaign import (
    ADMIN,
    FORM,
    MONDAY,
    add_people,
    create_campaign,
    get_entry,
    start_campaign,
)


def test_invitation_has_all_parts_and_is_sent_once(office: Office) -> None:
    running = start_campaign(office, "ann@example.com")
    running.advance_time()
    [message] = office.post.to("ann@example.com")
    text, html = get_parts(message)
    assert message["Subject"].startswith("Your new headshot, by November 20, 2026")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    mute = message["List-Unsubscribe"].strip("<>")
    assert mute.startswith("https://headshots.acme.example/mute/")
    for part in (text, html):
        assert "New badges are coming." in part
        assert "https://headshots.acme.example/start" in part
        assert mute in part
    assert "mso-padding-alt" in html
    assert "prefers-color-scheme: dark" in html
    assert "fonts.googleapis.com" not in html
    assert get_entry("ann@example.com").invited_at == MONDAY


def test_people_left_out_are_counted_and_not_invited(office: Office) -> None:
    person = make_person("done@example.com")
    shoot, [photo] = make_finished_shoot(person, 1)
    with transaction() as session:
        session.add(
            Choice(
                person_id=person.id,
                shoot_id=shoot.id,
                photo_id=photo.id,
                origin="portal",
                key="k",
                acted_at=MONDAY,
                recorded_at=MONDAY,
            )
        )
    add_people("done@example.com", person_id=person.id)
    add_people("muted@example.com", muted_at=MONDAY)
    add_people("gone@example.com", left_at=MONDAY)
    add_people("bad@example.com", bounced_at=MONDAY)
    running = create_campaign(office)
    add_people("ann@example.com")
    counts = campaign_people.count_audience(FORM.audience, running.id)
    assert (counts.matching, counts.chosen, counts.unreachable, counts.remaining) == (4, 1, 2, 1)
    listed = campaign_people.list_audience(FORM.audience, running.id, after=None, limit=10)
    assert [each.address for each in listed] == ["ann@example.com"]
    service.start_campaign(running.id, version=0, actor_id=ADMIN, now=MONDAY)
    office.deliver()
    assert running.received() == {"ann@example.com": 1}


def test_person_is_in_one_running_campaign_at_a_time(office: Office) -> None:
    start_campaign(office, "ann@example.com")
    second = create_campaign(office)
    assert campaign_people.count_audience(FORM.audience, second.id).other == 1
    assert service.start_campaign(second.id, version=0, actor_id=ADMIN, now=MONDAY) == 0


def test_reminders_follow_interval_last_day_and_limit(office: Office) -> None:
    running = start_campaign(office, "ann@example.com")
    sent = []
    for day in range(1, 25):
        running.advance_time(days=1)
        sent.append((day, len(office.post.envelopes)))
    grown = [day for (day, count), (_, before) in zip(sent, [(0, 1), *sent], strict=False) if count > before]
    # Monday the 9th, and Monday the 16th; two are the limit.
    assert grown == [7, 14]
    assert get_entry("ann@example.com").reminders == 2


def test_last_day_reminds_although_the_interval_has_not_passed(office: Office) -> None:
    form = replace(FORM, reminders=ReminderPlan(every_days=0, limit=4, last_days=(1,)))
    running = start_campaign(office, "ann@example.com", form=form)
    for _ in range(16):
        running.advance_time(days=1)
    assert running.received() == {"ann@example.com": 1}
    running.advance_time(days=1)
    assert running.received() == {"ann@example.com": 2}


def test_nights_and_weekends_delay_mails(office: Office) -> None:
    add_people("ann@example.com")
    running = create_campaign(office)
    evening = MONDAY.replace(day=6, hour=20)
    office.worked_example.clock.now = evening
    service.start_campaign(running.id, version=0, actor_id=ADMIN, now=evening)
    office.deliver()
    assert running.received() == {}
    running.advance_time(hours=12)
    assert running.received() == {}
    running.advance_time(days=2, hours=1)
    assert running.received() == {"ann@example.com": 1}


@pytest.mark.parametrize("action", ["end_campaign", "pause_campaign"])
def test_mails_that_wait_stop_with_the_campaign(action: str, office: Office) -> None:
    add_people(*[f"p{number}@example.com" for number in range(5)])
    running = create_campaign(office)
    service.start_campaign(running.id, version=0, actor_id=ADMIN, now=MONDAY)
    campaign_mails.run_campaigns(office.worked_example.portal)
    running.act(getattr(service, action))
    office.deliver()
    assert running.received() == {}
    if action == "pause_campaign":
        running.act(service.resume_campaign)
        office.deliver()
        assert set(running.received().values()) == {1}
        assert len(running.received()) == 5


def test_reminders_stop_when_muted_left_or_bounced(office: Office) -> None:
    addresses = ("mute@example.com", "left@example.com", "bounce@example.com", "stays@example.com")
    running = start_campaign(office, *addresses)
    now = office.worked_example.clock.now
    roster_marks.set_muted(get_entry("mute@example.com").id, is_muted=True, actor_id=None, now=now)
    roster_marks.set_left(get_entry("left@example.com").id, has_left=True, actor_id=ADMIN, now=now)
    roster_marks.set_bounced(get_entry("bounce@example.com").id, is_bounced=True, actor_id=ADMIN, now=now)
    running.advance_time(days=7)
    assert running.received() == {address: 2 if address.startswith("stays") else 1 for address in addresses}


def test_admin_reminds_selected_people_once_a_day(office: Office) -> None:
    addresses = ("ann@example.com", "mute@example.com", "left@example.com")
    running = start_campaign(office, *addresses)
    now = office.worked_example.clock.now
    roster_marks.set_muted(get_entry("mute@example.com").id, is_muted=True, actor_id=None, now=now)
    roster_marks.set_left(get_entry("left@example.com").id, has_left=True, actor_id=ADMIN, now=now)
    add_people("uninvited@example.com")
    selected = [get_entry(address).id for address in (*addresses, "uninvited@example.com")]
    admin = make_person("cleo@example.com", role="admin")
    assert campaign_mails.create_reminders(selected, actor=admin, now=now, today=now.date()) == 1
    assert campaign_mails.create_reminders(selected, actor=admin, now=now, today=now.date()) == 0
    office.deliver()
    assert running.received() == {"ann@example.com": 2, "mute@example.com": 1, "left@example.com": 1}
    assert get_entry("ann@example.com").reminders == 1
    running.act(service.end_campaign)
    assert (
        campaign_mails.create_reminders(
            selected, actor=admin, now=now + timedelta(days=1), today=now.date() + timedelta(days=1)
        )
        == 0
    )


def test_refusal_is_stored_at_the_person(office: Office) -> None:
    office.post.refusals["gone@example.com"] = "550 no such mailbox"
    running = start_campaign(office, "gone@example.com", "ann@example.com")
    assert (get_entry("gone@example.com").bounce_reason, running.received()) == ("550", {"ann@example.com": 1})
    assert campaign_people.count_campaign(running.id).refused == 1


def test_kill_after_the_server_accepted_sends_the_same_message_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_people("ann@example.com")
    running = create_campaign(office)
    service.start_campaign(running.id, version=0, actor_id=ADMIN, now=MONDAY)

    def kill(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(campaign_mails, "record_sent", kill)
        with pytest.raises(KeyboardInterrupt):
            office.deliver()
    office.worked_example.query("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'")
    office.deliver()
    first, second = office.post.to("ann@example.com")
    assert first["Message-ID"] == second["Message-ID"]
    running.advance_time(hours=1)
    assert len(office.post.to("ann@example.com")) == 2


def test_kill_between_chunks_invites_each_person_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_mails, "CHUNK", 3)
    add_people(*[f"p{number}@example.com" for number in range(8)])
    running = create_campaign(office)
    service.start_campaign(running.id, version=0, actor_id=ADMIN, now=MONDAY)

    def kill(_name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(campaign_mails, "failpoint", kill)
        with pytest.raises(KeyboardInterrupt):
            campaign_mails.run_campaigns(office.worked_example.portal)
    running.advance_time()
    running.advance_time()
    assert len(running.received()) == 8
    assert set(running.received().values()) == {1}


def test_second_admin_reads_that_the_campaign_changed(office: Office) -> None:
    running = create_campaign(office)
    service.update_campaign(running.id, FORM, version=0, actor_id=ADMIN, now=MONDAY)
    with pytest.raises(ChangedMeanwhile):
        service.start_campaign(running.id, version=0, actor_id=ADMIN, now=MONDAY)


def test_open_link_has_domains_cap_and_end(office: Office) -> None:
    form = replace(FORM, has_link=True, link_domains=("example.com",), link_cap=1, audience=Audience())
    running = start_campaign(office, form=form)
    code = running.found.link_code
    assert code is not None
    uninvited, first, second = (make_person(each) for each in ("x@else.example", "ann@example.com", "bob@example.com"))
    with pytest.raises(LinkClosed):
        service.join_campaign(uninvited, code, now=MONDAY)
    service.join_campaign(first, code, now=MONDAY)
    service.join_campaign(first, code, now=MONDAY)
    with pytest.raises(LinkClosed):
        service.join_campaign(second, code, now=MONDAY)
    running.act(service.end_campaign)
    with pytest.raises(LinkClosed):
        service.join_campaign(first, code, now=MONDAY)


def test_groups_of_the_identity_provider_are_invited_without_a_list(office: Office) -> None:
    make_person("ann@example.com", groups=["design"])
    make_person("bob@example.com", groups=["sales"])
    running = start_campaign(office, form=replace(FORM, audience=Audience(groups=("design",))))
    assert running.received() == {"ann@example.com": 1}


def test_filter_of_the_roster_is_evaluated_whenever_people_are_invited(office: Office) -> None:
    add_people("ann@example.com", "left@example.com", team="Design", employee_number="D1")
    with transaction():
        get_entry("left@example.com").left_at = MONDAY
    add_people("bob@example.com", team="Sales")
    audience = Audience(roster=RosterFilter(team="Design", state="waiting"))
    running = start_campaign(office, form=replace(FORM, audience=audience))
    assert running.received() == {"ann@example.com": 1}
    add_people("cy@example.com", team="Design")
    running.act(service.start_campaign)
    office.deliver()
    assert running.received() == {"ann@example.com": 1, "cy@example.com": 1}


@pytest.mark.parametrize(
    ("filtered", "expected"),
    [
        (RosterFilter(search="ann"), ["ann@example.com"]),
        (RosterFilter(search="lovelace"), ["bob@example.com"]),
        (RosterFilter(search="n7"), ["cy@example.com"]),
        (RosterFilter(team="Design"), ["ann@example.com", "bob@example.com"]),
        (RosterFilter(search="ann", team="Sales"), []),
        (RosterFilter(state="signed_in"), ["cy@example.com"]),
        (RosterFilter(state="invited"), ["bob@example.com"]),
        (RosterFilter(), []),
    ],
)
def test_filter_invites_exactly_the_people_that_the_roster_lists(
    office: Office, filtered: RosterFilter, expected: list[str]
) -> None:
    add_people("ann@example.com", team="Design")
    add_people("bob@example.com", team="Design", name="Ada Lovelace", invited_at=MONDAY)
    add_people("cy@example.com", employee_number="N7", person_id=make_person("cy@example.com").id)
    audience = Audience.from_json(Audience(roster=filtered).to_json())
    found = campaign_people.list_audience(audience, uuid4(), after=None, limit=10)
    assert [entry.address for entry in found] == expected
    if not filtered.is_empty:
        listed = roster_list.list_entries(filtered, after=None, limit=10).entries
        assert [entry.address for entry in listed] == expected


def test_managers_get_one_digest_a_week_with_numbers_only(office: Office) -> None:
    start_campaign(office, "ann@example.com")
    with transaction():
        get_entry("ann@example.com").team = "sales"
    make_person("boss@example.com", role="manager", roles=["manager"], manages=["sales"])
    for _ in range(2):
        campaign_mails.send_digests(office.worked_example.portal)
    office.deliver()
    [message] = office.post.to("boss@example.com")
    text, _html = get_parts(message)
    assert "sales: 0 of 1 chosen, 0 signed in" in text
    assert "ann" not in text


def test_texts_are_in_the_readers_language(office: Office) -> None:
    person = make_person("ann@example.com", locale="de")
    add_people("ann@example.com", person_id=person.id)
    running = create_campaign(office)
    service.start_campaign(running.id, version=0, actor_id=ADMIN, now=MONDAY)
    office.deliver()
    [message] = office.post.to("ann@example.com")
    assert "20. November 2026" in message["Subject"]
    assert message["Content-Language"] == "de"
    assert running.received() == {"ann@example.com": 1}
