"""One e-mail for each occasion, despite concurrency, failures, killed workers and changes in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from portal.domain.job_types import SEND_NOTIFICATION
from portal.domain.stages import Problem
from portal.mail import EmailMessage, Mailer
from portal.models.shoots import Shoot
from portal.provider.errors import OutOfCredits
from portal.services import mirroring, notifications, people, shoots, sweep
from portal.services.due_notifications import NotificationKind
from tests.factories import NOW, make_consent, make_person, make_shoot
from tests.integration.mail.conftest import SUPPORT, Office, get_parts


def build_out_of_credits() -> OutOfCredits:
    return OutOfCredits("POST", "/organization/models", status=402)


def start_session(office: Office, email: str) -> Shoot:
    """Let a person press start and the worker request a session."""
    person = make_person(email)
    make_consent(person)
    shoot = shoots.request_shoot(
        person, provider="profilebakery", development=False, now=office.worked_example.clock.now
    )
    assert office.worked_example.work(limit=1) == ["shoots.create_session"]
    return office.worked_example.shoot(shoot)


def make_shoot_without_link(office: Office, email: str = "ada@example.com") -> Shoot:
    """A session whose link no key decrypts, and a person who opens the studio."""
    person = make_person(email)
    make_consent(person)
    shoot = make_shoot(person, signed_url=b"sealed with a key that is gone")
    open_studio(office, shoot)
    return shoot


def open_studio(office: Office, shoot: Shoot) -> None:
    portal = office.worked_example.portal
    person = notifications.people.find_person(shoot.person_id)
    assert person is not None
    assert shoots.open_studio(person, portal) is None


def run_sweep(office: Office) -> None:
    portal = office.worked_example.portal
    sweep.reconcile_shoots(portal)


# Exactly once


def test_concurrent_finishes_send_one_mail_each(office: Office) -> None:
    finished = [office.shoot() for _ in range(20)]
    calls: list[Callable[[], object]] = [
        lambda shoot=shoot: mirroring.copy_photos(shoot.id, office.worked_example.portal)  # type: ignore[misc]
        for shoot in finished
    ]
    assert office.worked_example.run_concurrently(calls) == [None] * 20
    office.deliver()
    recipients = sorted(envelope.rcpt_tos[0] for envelope in office.post.envelopes)
    assert len(recipients) == 20
    assert len(set(recipients)) == 20


def test_repeated_finish_events_send_one_mail(office: Office) -> None:
    shoot = office.shoot()
    assert (
        office.worked_example.run_concurrently(
            [lambda: mirroring.copy_photos(shoot.id, office.worked_example.portal)] * 20
        )
        == [None] * 20
    )
    [job] = office.worked_example.list_queued(SEND_NOTIFICATION.name)
    for _ in range(3):
        assert office.worked_example.run(SEND_NOTIFICATION.name, job) == "succeeded"
    assert len(office.post.received) == 1
    assert office.states() == [("ready", "sent")]


def test_notification_is_committed_with_its_event(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    shoot = office.shoot()
    notify = notifications.notify_photos_ready

    def notify_and_fall(finished: Shoot, *, now: datetime) -> None:
        notify(finished, now=now)
        raise RuntimeError("before the commit")

    with monkeypatch.context() as broken:
        broken.setattr(notifications, "notify_photos_ready", notify_and_fall)
        with pytest.raises(RuntimeError):
            mirroring.copy_photos(shoot.id, office.worked_example.portal)
    assert office.worked_example.shoot(shoot).copied_at is None
    assert office.states() == []
    assert office.worked_example.list_queued(SEND_NOTIFICATION.name) == []


def test_killed_before_it_is_marked_it_is_sent_twice_identically(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.finish()
    [job] = office.worked_example.list_queued(SEND_NOTIFICATION.name)
    send = Mailer.send

    def send_and_die(mailer: Mailer, message: EmailMessage) -> None:
        send(mailer, message)
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr(Mailer, "send", send_and_die)
        with pytest.raises(SystemExit):
            office.worked_example.run(SEND_NOTIFICATION.name, job)
    assert office.states() == [("ready", "waits")]
    office.worked_example.run(SEND_NOTIFICATION.name, job)
    assert office.states() == [("ready", "sent")]
    first, second = office.post.received
    assert first["Message-ID"] == second["Message-ID"]


def test_another_run_is_a_separate_notification(office: Office) -> None:
    shoot = office.finish()
    office.deliver()
    office.worked_example.query("UPDATE shoots SET copied_at = NULL WHERE id = %(id)s", id=shoot.id)
    office.worked_example.clock.advance(days=2)
    mirroring.copy_photos(shoot.id, office.worked_example.portal)
    office.deliver()
    assert office.states() == [("ready", "sent"), ("ready", "sent")]


# Nothing is lost, nothing blocks


def test_mail_is_sent_once_after_an_outage(office: Office) -> None:
    office.close()
    office.finish()
    for _ in range(8):
        assert office.worked_example.work(limit=1) == [SEND_NOTIFICATION.name]
        [wait] = office.worked_example.waits(SEND_NOTIFICATION.name)
        assert wait <= timedelta(minutes=5)
        office.worked_example.clock.advance(minutes=5)
    assert office.states() == [("ready", "waits")]
    office.open()
    office.deliver()
    assert len(office.post.received) == 1
    assert office.states() == [("ready", "sent")]
    assert office.worked_example.list_queued(SEND_NOTIFICATION.name) == []


def test_refused_recipient_does_not_delay_other_mails(office: Office) -> None:
    office.post.refusals["gone@example.com"] = "550 no such mailbox"
    office.finish(make_person("gone@example.com"))
    office.finish(make_person("ada@example.com"))
    assert office.deliver() == [SEND_NOTIFICATION.name] * 2
    assert sorted(office.states()) == [("ready", "refused:550"), ("ready", "sent")]
    assert len(office.post.to("ada@example.com")) == 1
    assert office.worked_example.query("SELECT detail->>'reason' FROM audit_entries WHERE action = 'mail.dropped'") == [
        ("refused:550",)
    ]


def test_a_full_mailbox_is_tried_for_five_days(office: Office) -> None:
    office.post.refusals["full@example.com"] = "452 full"
    office.finish(make_person("full@example.com"))
    office.worked_example.work(limit=5)
    assert office.states() == [("ready", "waits")]
    office.worked_example.clock.advance(days=5, minutes=1)
    office.deliver()
    assert office.states() == [("ready", "deferred:452")]


def test_internal_error_exits_with_its_name(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.finish()

    def fail(_mailer: Mailer, _message: EmailMessage) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Mailer, "send", fail)
    assert office.deliver() == [SEND_NOTIFICATION.name] * 5
    assert office.states() == [("ready", "ZeroDivisionError")]


def test_a_lost_job_is_found_again(office: Office) -> None:
    office.finish()
    office.worked_example.query("DELETE FROM procrastinate_jobs")
    office.worked_example.clock.advance(minutes=11)
    run_sweep(office)
    run_sweep(office)
    assert len(office.worked_example.list_queued(SEND_NOTIFICATION.name)) == 1
    office.deliver()
    assert len(office.post.received) == 1


# Who gets nothing


def test_without_a_mail_server_notifications_are_dropped(make_office: Callable[..., Office]) -> None:
    office = make_office(mail_url=None)
    office.finish()
    make_shoot_without_link(office)
    office.deliver()
    assert {reason for _, reason in office.states()} == {"mail_switched_off"}
    assert office.worked_example.list_queued(SEND_NOTIFICATION.name) == []


def test_mail_switched_off_later_drops_what_waits(make_office: Callable[..., Office]) -> None:
    make_office().finish()
    office = make_office(mail_url=None)
    office.deliver()
    assert office.states() == [("ready", "mail_switched_off")]


def test_deactivated_people_get_no_mail(office: Office) -> None:
    before, after, admin = make_person(), make_person(), make_person(role="admin")
    people.deactivate_person(before.id, actor=admin, now=NOW)
    office.finish(before)
    office.finish(after)
    people.deactivate_person(after.id, actor=admin, now=NOW)
    office.deliver()
    assert office.post.received == []
    assert office.states() == [("ready", "person_deactivated")]


@pytest.mark.parametrize(
    "change", ["closed_at = now()", "copied_at = NULL", "copied_at = copied_at + interval '1 day'"]
)
def test_stale_version_is_not_sent(office: Office, change: str) -> None:
    shoot = office.finish()
    office.worked_example.query(f"UPDATE shoots SET {change} WHERE id = %(id)s", id=shoot.id)
    office.deliver()
    assert office.post.received == []
    assert office.states() == [("ready", "no_longer_true")]


def test_erasure_deletes_pending_notifications(office: Office) -> None:
    shoot = office.finish()
    office.worked_example.query("DELETE FROM people WHERE id = %(id)s", id=shoot.person_id)
    office.deliver()
    assert office.states() == []
    assert office.post.received == []


# A lost link


def test_a_lost_link_notifies_the_person_and_the_operators_once(office: Office) -> None:
    shoot = make_shoot_without_link(office)
    open_studio(office, shoot)
    office.deliver()
    assert office.states() == [("link_lost", "sent"), ("link_problem", "sent")]
    [to_person] = office.post.to("ada@example.com")
    [to_support] = office.post.to(SUPPORT)
    assert "stopped working" in to_person["Subject"]
    assert to_support["To"] == SUPPORT
    # The operators find the person in the console; the e-mail contains no name.
    assert all(str(shoot.provider_id) in part and "ada@example" not in part for part in get_parts(to_support))


def test_a_session_created_without_its_link(office: Office) -> None:
    office.worked_example.provider.add("ada@example.com", "onboarding")
    start_session(office, "ada@example.com")
    office.deliver()
    assert office.states() == [("link_lost", "sent"), ("link_problem", "sent")]


def test_a_finished_session_needs_no_link(office: Office) -> None:
    office.worked_example.provider.add("ada@example.com", "waiting")
    start_session(office, "ada@example.com")
    assert office.states() == []


def test_recovered_link_sends_no_lost_link_mail(office: Office) -> None:
    shoot = make_shoot_without_link(office)
    office.worked_example.query("UPDATE shoots SET problem = NULL WHERE id = %(id)s", id=shoot.id)
    office.deliver()
    assert office.states() == [("link_lost", "no_longer_true"), ("link_problem", "no_longer_true")]


# Credits


def test_exhausted_credits_are_notified_once_a_day(office: Office) -> None:
    office.worked_example.provider.fails("create_model", *(build_out_of_credits() for _ in range(4)))
    for number in range(3):
        start_session(office, f"person-{number}@example.com")
    office.deliver()
    [got] = office.post.to(SUPPORT)
    assert "No photo sessions left" in got["Subject"]
    office.worked_example.clock.advance(days=1)
    start_session(office, "another@example.com")
    office.deliver()
    assert len(office.post.to(SUPPORT)) == 2


def test_without_a_support_address_the_admins_are_notified(make_office: Callable[..., Office]) -> None:
    office = make_office(support_email=None)
    make_person("boss@example.com", role="admin", locale="de")
    make_person("former@example.com", role="admin", deactivated_at=NOW)
    office.worked_example.provider.fails("create_model", build_out_of_credits())
    start_session(office, "ada@example.com")
    office.deliver()
    [got] = office.post.received
    assert got["To"].addresses[0].addr_spec == "boss@example.com"
    assert "Keine Fotositzungen" in got["Subject"]
    assert got["Reply-To"] is None


def test_person_waiting_for_credits_is_notified_when_session_is_ready(office: Office) -> None:
    office.worked_example.provider.fails("create_model", build_out_of_credits())
    shoot = start_session(office, "ada@example.com")
    assert shoot.problem == Problem.NO_CREDITS
    run_sweep(office)
    [job] = [
        job
        for job in office.worked_example.list_queued(SEND_NOTIFICATION.name)
        if is_kind(office, job, NotificationKind.CREDITS_BACK)
    ]
    # The session is still being made: the mail waits for it.
    office.worked_example.run(SEND_NOTIFICATION.name, job)
    assert office.post.to("ada@example.com") == []
    office.deliver()
    [got] = office.post.to("ada@example.com")
    assert "waiting for you" in got["Subject"]
    assert office.states() == [("credits_back", "sent"), ("out_of_credits", "sent")]


def test_used_up_credits_are_not_announced(office: Office) -> None:
    office.worked_example.provider.fails("create_model", build_out_of_credits(), build_out_of_credits())
    start_session(office, "ada@example.com")
    run_sweep(office)
    office.deliver()
    assert office.post.to("ada@example.com") == []
    run_sweep(office)
    office.deliver()
    assert len(office.post.to("ada@example.com")) == 1
    assert office.states().count(("credits_back", "sent")) == 1


def is_kind(office: Office, job: dict[str, object], kind: NotificationKind) -> bool:
    return office.worked_example.query("SELECT kind FROM notices WHERE id = %(id)s", id=job["notice_id"]) == [(kind,)]
