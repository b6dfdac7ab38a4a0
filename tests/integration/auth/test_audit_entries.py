"""What people, the worker and the command line do, each with the one entry it leaves in the audit trail."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

import portal.jobs.tasks  # noqa: F401 - registers them
from portal import cli
from portal.db import db, transaction
from portal.domain.audit_chain import ChainVerifier
from portal.jobs.runner import WorkerContext, queue
from portal.models import deliveries
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services import audit_trail
from tests import factories
from tests.integration.auth.actors import Browser, MovableClock
from tests.integration.auth.hostile_provider import HostileProvider
from tests.integration.core.doubles import ScriptedProvider
from tests.integration.core.worked_example import Clock

ADMIN = "cleo"


@dataclass
class Scenario:
    """A portal with an employee, an administrator and an outsider, each with their own browser."""

    app: Flask
    provider: HostileProvider
    clock: MovableClock
    monkeypatch: pytest.MonkeyPatch
    known: dict[str, UUID] = field(default_factory=dict)

    def browser(self, name: str) -> Browser:
        """A browser that is not signed in; it is used by this person."""
        self.provider.person |= {"sub": name, "email": f"{name}@example.com", "sid": f"sid-{name}"}
        return Browser(self.app.test_client(), self.provider)

    def at_home(self, name: str) -> Browser:
        """A browser that is signed in."""
        browser = self.browser(name)
        assert browser.sign_in().status_code == 303
        self.known[name] = self.person(name).id
        return browser

    def person(self, name: str) -> Person:
        with self.app.app_context():
            return db.session.scalars(select(Person).where(Person.subject == name)).one()

    def inside(self, act: Callable[[], Any]) -> Any:
        """Prepare something, in an application context."""
        with self.app.app_context():
            return act()

    def press(self, browser: Browser, path: str, **fields: Any) -> Any:
        return browser.post(path, data={"csrf_token": browser.form_token(), **fields})

    def command(self, *arguments: str) -> None:
        self.monkeypatch.setattr(cli, "load_settings", lambda: None)
        done = CliRunner().invoke(cli.run_command, list(arguments), obj=lambda: self.app)
        assert done.exit_code == 0, done.output

    def work(self, task: str) -> None:
        context = SimpleNamespace(additional_context={"worker": WorkerContext(self.app, self.app.extensions["portal"])})
        queue.tasks[task].func(context)

    def entries(self) -> list[AuditEntry]:
        with self.app.app_context():
            return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))

    def shoot_of(self, name: str, **fields: Any) -> Shoot:
        return self.inside(lambda: factories.make_shoot(self.person(name), **fields))  # type: ignore[no-any-return]

    def photo_of(self, name: str, **fields: Any) -> UUID:
        """One of the photos of a finished shoot."""
        _shoot, [photo, *_] = self.inside(lambda: factories.make_finished_shoot(self.person(name), **fields))
        return photo.id  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Left:
    """The entry an act leaves; ``who`` and ``whom`` are names."""

    action: str
    actor: str | None = None
    subject: str | None = None
    result: str = "ok"
    detail: dict[str, Any] = field(default_factory=dict)
    channel: str = "web"


@pytest.fixture
def scenario(
    make_app: Any, provider: HostileProvider, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> Scenario:
    app = make_app(admin_emails=frozenset({f"{ADMIN}@example.com"}), allowed_email_domains=frozenset({"example.com"}))
    app.extensions["portal"] = replace(app.extensions["portal"], provider=ScriptedProvider(Clock()))
    return Scenario(app, provider, clock, monkeypatch)


def sign_in(scenario: Scenario) -> Any:
    response = scenario.browser("ada").sign_in()
    scenario.known["ada"] = scenario.person("ada").id
    return response


def sign_in_from_other_domain(scenario: Scenario) -> Any:
    browser = scenario.browser("ada")
    scenario.provider.person["email"] = "ada@elsewhere.example"
    return browser.sign_in()


def sign_in_after_deactivation(scenario: Scenario) -> Any:
    scenario.at_home("ada")
    admin = scenario.at_home(ADMIN)
    scenario.press(admin, f"/admin/people/{scenario.known['ada']}/deactivate")
    return scenario.browser("ada").sign_in()


def sign_out(scenario: Scenario) -> Any:
    return scenario.at_home("ada").sign_out()


def send_logout_token(scenario: Scenario, **claims: Any) -> Any:
    outsider = scenario.browser("provider")
    return outsider.post("/login/backchannel-logout", data={"logout_token": scenario.provider.logout_token(**claims)})


def end_sessions_by_subject(scenario: Scenario) -> Any:
    scenario.at_home("ada")
    return send_logout_token(scenario, sub="ada")


def end_session_by_id(scenario: Scenario) -> Any:
    scenario.at_home("ada")
    return send_logout_token(scenario, sid="sid-ada")


def send_logout_token_of_unknown_issuer(scenario: Scenario) -> Any:
    return send_logout_token(scenario, iss="https://elsewhere.example", sub="ada")


def end_own_sessions(scenario: Scenario) -> Any:
    scenario.at_home("ada")
    return scenario.press(scenario.at_home("ada"), "/account/sessions/end-others")


def end_anothers_sessions(scenario: Scenario) -> Any:
    scenario.at_home("ada")
    return scenario.press(scenario.at_home(ADMIN), f"/admin/people/{scenario.known['ada']}/sessions/end")


def open_the_console_uninvited(scenario: Scenario) -> Any:
    return scenario.at_home("ada").get("/admin/audit")


def show_photo_of_another_person(scenario: Scenario) -> Any:
    scenario.at_home("ben")
    photo = scenario.photo_of("ben")
    return scenario.at_home("ada").get(f"/photos/{photo}/640.webp")


def choose_anothers_photo(scenario: Scenario) -> Any:
    scenario.at_home("ben")
    photo = scenario.photo_of("ben")
    return scenario.press(scenario.at_home("ada"), "/headshots/choice", photo=str(photo))


def give_consent(scenario: Scenario, name: str = "ada") -> Any:
    return scenario.press(scenario.at_home(name), "/headshots/consent", decision="agree", purpose=["photos", "studio"])


def withdraw_consent(scenario: Scenario) -> Any:
    browser = scenario.at_home("ada")
    scenario.inside(lambda: factories.make_consent(scenario.person("ada")))
    return scenario.press(browser, "/headshots/withdraw", scope="pictures")


def start_session(scenario: Scenario) -> Any:
    browser = scenario.at_home("ada")
    scenario.inside(lambda: factories.make_consent(scenario.person("ada")))
    return scenario.press(browser, "/headshots/start")


def open_the_studio(scenario: Scenario, path: str = "") -> Any:
    browser = scenario.at_home("ada")
    scenario.inside(lambda: factories.make_consent(scenario.person("ada")))
    link = scenario.app.extensions["portal"].secretbox.seal("http://127.0.0.1:1/studio?token=1")
    scenario.shoot_of("ada", signed_url=link)
    return scenario.press(browser, "/headshots/studio/dead-link") if path else browser.get("/headshots/studio")


def report_the_link(scenario: Scenario) -> Any:
    return open_the_studio(scenario, "/headshots/studio/dead-link")


def choose_photo(scenario: Scenario) -> Any:
    browser = scenario.at_home("ada")
    return scenario.press(browser, "/headshots/choice", photo=str(scenario.photo_of("ada")))


def press_as_admin(what: str, *before: str) -> Callable[[Scenario], Any]:
    def act(scenario: Scenario) -> Any:
        scenario.at_home("ada")
        admin = scenario.at_home(ADMIN)
        for each in before:
            scenario.press(admin, f"/admin/people/{scenario.known['ada']}/{each}")
        return scenario.press(admin, f"/admin/people/{scenario.known['ada']}/{what}")

    return act


def store_delivery(scenario: Scenario) -> int:
    kept = scenario.inside(
        lambda: deliveries.insert_delivery(
            dedupe_key=f"profilebakery:{uuid4()}",
            provider="profilebakery",
            event="model.status.updated",
            model_id=None,
            received_at=scenario.clock(),
            stale=False,
            key_id="k",
            body_sha256="0" * 64,
            body=b"{}",
            error=None,
        )
    )
    return int(kept.id)


def replay_delivery(scenario: Scenario) -> Any:
    number = store_delivery(scenario)
    return scenario.press(scenario.at_home(ADMIN), f"/admin/deliveries/{number}/replay")


def show_page(path: str) -> Callable[[Scenario], Any]:
    def act(scenario: Scenario) -> Any:
        scenario.at_home("ada")
        return scenario.at_home(ADMIN).get(path.format(ada=scenario.known["ada"]))

    return act


def replay_by_command(scenario: Scenario) -> None:
    scenario.command("replay", str(store_delivery(scenario)))


def erase_by_command(scenario: Scenario) -> None:
    scenario.at_home("ada")
    scenario.command("erase", "--yes", "ada@example.com")


def delete_what_is_old(scenario: Scenario) -> None:
    scenario.at_home("ada")
    long_ago = scenario.clock() - timedelta(days=99)
    scenario.photo_of("ada", photos=1, now=long_ago)
    with scenario.app.app_context(), transaction() as session:
        session.execute(db.text("UPDATE photos SET removed_at = copied_at + interval '1 day'"))
    scenario.work("retention.forget")


CONSENT = {"version": factories.build_policy().version}
ACTS: dict[Callable[[Scenario], Any], Left] = {
    sign_in: Left("sign_in", "ada", "ada", detail={"role": "employee"}),
    sign_in_from_other_domain: Left("sign_in", result="refused", detail={"reason": "domain_not_allowed"}),
    sign_in_after_deactivation: Left("sign_in", None, "ada", "refused", {"reason": "person_deactivated"}),
    sign_out: Left("sign_out", "ada", "ada"),
    end_sessions_by_subject: Left("sign_out.ordered", None, "ada", detail={"sessions": 1}),
    end_session_by_id: Left("sign_out.ordered", None, "ada", detail={"sessions": 1}),
    send_logout_token_of_unknown_issuer: Left(
        "sign_out.ordered", result="refused", detail={"reason": "issuer_mismatch"}
    ),
    end_own_sessions: Left("sessions.ended", "ada", "ada", detail={"sessions": 1}),
    end_anothers_sessions: Left("sessions.ended", ADMIN, "ada", detail={"sessions": 1}),
    open_the_console_uninvited: Left("access", "ada", None, "denied", {"endpoint": "audit.show_audit"}),
    show_photo_of_another_person: Left("access", "ada", "ben", "denied", {"what": "photo"}),
    choose_anothers_photo: Left("access", "ada", "ben", "denied", {"what": "photo"}),
    give_consent: Left("consent.given", "ada", "ada", detail=CONSENT),
    withdraw_consent: Left("consent.withdrawn", "ada", "ada", detail={"scope": "pictures"}),
    start_session: Left("shoot.requested", "ada", "ada"),
    open_the_studio: Left("shoot.opened", "ada", "ada"),
    report_the_link: Left("shoot.link_reported", "ada", "ada", "problem", {"saw": "other"}),
    choose_photo: Left("choice.made", "ada", "ada", detail={"origin": "portal"}),
    press_as_admin("deactivate"): Left("person.deactivated", ADMIN, "ada"),
    press_as_admin("reactivate", "deactivate"): Left("person.reactivated", ADMIN, "ada"),
    replay_delivery: Left("delivery.replayed", ADMIN, detail={"delivery": ...}),
    show_page("/admin/health"): Left("console.viewed", ADMIN, detail={"endpoint": "health.show_health"}),
    show_page("/admin/links"): Left("console.viewed", ADMIN, detail={"endpoint": "link_reports.show_link_reports"}),
    show_page("/admin/people"): Left("console.viewed", ADMIN, detail={"endpoint": "people.show_people"}),
    show_page("/admin/people/{ada}"): Left("console.viewed", ADMIN, "ada", detail={"endpoint": "people.show_person"}),
    show_page("/admin/audit"): Left("console.viewed", ADMIN, detail={"endpoint": "audit.show_audit"}),
    show_page("/admin/audit.csv"): Left("console.viewed", ADMIN, detail={"endpoint": "audit.download_audit"}),
    replay_by_command: Left("delivery.replayed", detail={"delivery": ...}, channel="command line"),
    lambda scenario: scenario.command("reconcile"): Left("reconcile.ordered", channel="command line"),
    erase_by_command: Left("person.erasure_ordered", None, "ada", channel="command line"),
    delete_what_is_old: Left("photos.deleted", None, "ada", detail={"files": 1}, channel="worker"),
    lambda scenario: scenario.work("audit.verify"): Left(
        "audit.verified", detail={"entries": 0, "faults": 0, "head": None}, channel="worker"
    ),
}


@pytest.mark.privacy("P15")
@pytest.mark.parametrize("act", ACTS, ids=lambda act: re.sub(r"\W+", "-", ACTS[act].action + "-" + act.__name__))
@pytest.mark.asvs("A59")
def test_action_writes_its_audit_entry(act: Callable[[Scenario], Any], scenario: Scenario) -> None:
    left = ACTS[act]
    response = act(scenario)
    entry = [each for each in scenario.entries() if each.action == left.action][-1]
    assert (entry.actor_id, entry.subject_id) == (
        scenario.known.get(left.actor or ""),
        scenario.known.get(left.subject or ""),
    )
    assert (entry.result, entry.channel, entry.at) == (left.result, left.channel, scenario.clock())
    assert entry.detail.keys() == left.detail.keys()
    assert {key: entry.detail[key] for key, value in left.detail.items() if value is not ...} == {
        key: value for key, value in left.detail.items() if value is not ...
    }
    if left.channel == "web":
        assert entry.request_id == response.headers["X-Request-ID"]
        assert entry.address_digest == scenario.app.extensions["portal"].secretbox.pseudonym("127.0.0.1")
    else:
        assert (entry.request_id, entry.address_digest) == (None, None)
    with scenario.app.app_context():
        assert list(audit_trail.iterate_faults(ChainVerifier())) == []


def test_no_entry_holds_what_is_private(scenario: Scenario) -> None:
    # Agreeing starts a shoot; ada gets hers with the link.
    give_consent(scenario, "cy")
    for act in (report_the_link, choose_anothers_photo, sign_in_from_other_domain):
        act(scenario)
    with scenario.app.app_context():
        written = str(db.session.execute(db.text("SELECT string_agg(e::text, ' ') FROM audit_entries AS e")).scalar())
    for private in ("example.com", "elsewhere", "Alice", "127.0.0.1", "token"):
        assert private not in written
