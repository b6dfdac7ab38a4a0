"""The console's smaller actions: webhooks applied again together, marks of an entry, a rotation, a team's CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from portal.db import db, transaction
from portal.domain import job_types
from portal.models import deliveries, provider_account, queue, roster_imports
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.services import roster_imports as imports
from portal.services.provider_account import find_team_id
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import get_text

SignIn = Callable[[Person], Visitor]


@pytest.fixture
def admin(sign_in: SignIn, context: None) -> Visitor:
    return sign_in(factories.make_person(name="Cleo", role="admin"))


@pytest.fixture
def entry(context: None) -> UUID:
    """A person on the roster who has not signed in."""
    made = RosterEntry(
        id=uuid4(), address="ann@example.com", name="Ann Lee", team="sales", employee_number="4711",
        due_on=date(2026, 11, 30), source="import", created_at=NOW, changed_at=NOW, invited_at=NOW,
    )  # fmt: skip
    with transaction() as session:
        session.add(made)
    return made.id


def count_audited(action: str) -> int:
    return db.session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def store_deliveries(event: str, count: int) -> list[str]:
    """Store webhooks of an event about an unknown session; return their numbers."""
    numbers = []
    for number in range(count):
        kept = deliveries.insert_delivery(
            dedupe_key=f"profilebakery:{event}:{number}", provider="profilebakery", event=event, model_id=None,
            received_at=NOW, stale=False, key_id="k", body_sha256="0" * 64, body=b"{}", error=None,
        )  # fmt: skip
        numbers.append(str(kept.id))
    with transaction():
        db.session.query(deliveries.Delivery).update({"state": "applied"})
    return numbers


def list_states() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(deliveries.Delivery.state).order_by(deliveries.Delivery.id)))


def test_selected_webhooks_are_applied_again_together(admin: Visitor) -> None:
    numbers = store_deliveries("model.status.updated", 3)
    response = admin.press("/admin/deliveries/replay?event=model.status.updated", selected=numbers[:2])
    assert response.location == "/admin/deliveries?event=model.status.updated"
    assert "2 webhooks are queued again." in admin.page(response.location).text
    assert list_states() == ["pending", "pending", "applied"]
    assert count_audited("delivery.replayed") == 2


def test_all_webhooks_of_a_filter_are_applied_again(admin: Visitor) -> None:
    store_deliveries("model.status.updated", 2)
    store_deliveries("model.deleted", 3)
    admin.press("/admin/deliveries/replay?event=model.deleted", all="1")
    assert list_states() == ["applied", "applied", "pending", "pending", "pending"]
    assert count_audited("delivery.replayed") == 3


@pytest.mark.parametrize(
    ("mark", "effect", "undone"),
    [
        ("muted", "Turn mails on", "Mute"),
        ("bounced", "Address works again", "Mark address as bounced"),
        ("left", "Didn’t leave", "Mark as left"),
    ],
)
def test_admin_sets_and_removes_a_mark_of_an_entry(
    admin: Visitor, entry: UUID, mark: str, effect: str, undone: str
) -> None:
    path = f"/admin/roster/entries/{entry}"
    assert undone in [get_text(button) for button in admin.page(path).all("button")]
    for is_set, button in (("1", effect), ("0", undone)):
        assert admin.press(path, mark=mark, set=is_set).location == path
        assert button in [get_text(each) for each in admin.page(path).all("button")]
    with transaction() as session:
        changes = list(session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("roster."))))
    assert len(changes) == 2


def test_unknown_mark_is_refused(admin: Visitor, entry: UUID) -> None:
    assert admin.press(f"/admin/roster/entries/{entry}", mark="chosen", set="1").status_code == 400


def test_rotation_has_the_command_of_each_platform_and_compares_everything(admin: Visitor) -> None:
    path = "/admin/health/rotate/webhook"
    steps = [get_text(each) for each in admin.page(path).all("h2")]
    assert steps.index("Set the new one in front of the old") < steps.index("See one arrive")
    assert steps.index("See one arrive") < steps.index("Remove the old one")
    for platform, command in (
        ("heroku", 'heroku config:set HEADSHOT_WEBHOOK_SECRET="NEW,OLD"'),
        ("fly", 'fly secrets set HEADSHOT_WEBHOOK_SECRET="NEW,OLD"'),
        ("dokku", 'dokku config:set APP HEADSHOT_WEBHOOK_SECRET="NEW,OLD"'),
        ("render", "HEADSHOT_WEBHOOK_SECRET=NEW,OLD"),
    ):
        commands = [get_text(each) for each in admin.page(f"{path}?platform={platform}").all("code")]
        assert commands == [command, command.replace("NEW,OLD", "NEW")]
    assert 'heroku config:set HEADSHOT_API_KEY="NEW_KEY"' in admin.page("/admin/health/rotate/key").text
    assert admin.press("/admin/health/compare", secret="key").location == "/admin/health/rotate/key"
    assert queue.count_active_jobs(job_types.SWEEP) == 1
    assert count_audited("reconcile.ordered") == 1


def test_usage_of_the_api_and_the_rights_of_the_key_are_shown(admin: Visitor) -> None:
    for status, milliseconds in ((200, 100), (429, 20), (None, 1080)):
        factories.record_call("/organization/models", status=status, milliseconds=milliseconds)
    page = admin.page("/admin/account")
    row = next(each for each in page.all("tr") if "GET /organization/models" in get_text(each))
    assert [get_text(cell) for cell in row] == ["GET /organization/models", "3", "2", "1", "400 ms", "1"]
    assert "3 calls" in page.text
    figures = {get_text(pair[0]): get_text(pair[1]) for pair in page.all("div") if len(pair) == 2}
    shown = {"Calls": "3", "Failed": "2", "Rate limited": "1", "In the last minute": "3", "Per finished session": "–"}
    assert {name: figures[name] for name in shown} == shown
    factories.record_call(at=get_context().clock())
    person = factories.make_person()
    factories.make_shoot(person, provider_status="active", finished_at=NOW)
    figures = {
        get_text(pair[0]): get_text(pair[1]) for pair in admin.page("/admin/account").all("div") if len(pair) == 2
    }
    assert (figures["In the last minute"], figures["Per finished session"]) == ("4", "4")
    for scope in ("Organization", "Models", "Photos", "Teams", "Invites"):
        assert scope in [get_text(term) for term in page.all("dt")]


def test_usage_of_the_api_is_downloaded_by_day_call_and_status(sign_in: SignIn, context: None) -> None:
    calls = [
        (NOW, 200, 100, "/organization/models"),
        (NOW, 200, 300, "/organization/models"),
        (NOW, None, 900, "/organization/models"),
        (NOW, 429, 20, "=1+1"),
        (NOW - timedelta(days=2), 200, 5, "/organization/models"),
        (NOW - timedelta(days=31), 200, 5, "/older"),
    ]
    for at, status, milliseconds, path in calls:
        factories.record_call(path, at=at, status=status, milliseconds=milliseconds)
    operator = sign_in(factories.make_person(role="operator"))
    page = operator.page("/admin/account")
    response = operator.get(page.link("Download as CSV"))
    assert response.headers["Content-Disposition"] == f'attachment; filename="usage-{NOW:%Y-%m-%d}.csv"'
    rows = list(csv.reader(io.StringIO(response.data.decode("utf-8-sig"))))
    names = ["day", "method", "path", "status", "calls", "mean_ms", "p95_ms", "max_ms", "allowed_per_minute"]
    day, before = NOW.date().isoformat(), (NOW - timedelta(days=2)).date().isoformat()
    assert rows == [
        names,
        [before, "GET", "/organization/models", "200", "1", "5", "5", "5", "240"],
        [day, "GET", "/organization/models", "200", "2", "200", "290", "300", "240"],
        [day, "GET", "/organization/models", "", "1", "900", "900", "900", "240"],
        [day, "GET", "'=1+1", "429", "1", "20", "20", "20", "240"],
    ]
    assert sum(int(row[4]) for row in rows[1:]) == 5
    assert "5 calls" in page.text


def test_team_of_the_studio_in_another_case_is_the_team_of_the_roster(admin: Visitor, entry: UUID) -> None:
    teams = [{"id": "t1", "name": "Sales"}, {"id": "t2", "name": "Berlin"}]
    with transaction():
        provider_account.store_content({"teams": teams}, now=NOW)
        db.session.add(
            RosterEntry(address="b@example.com", team="Design", source="import", created_at=NOW, changed_at=NOW)
        )
    rows = admin.page("/admin/account").all("tr")
    shown = {get_text(row[0]): get_text(row[1]) for row in rows if len(row) == 3}
    assert {"Berlin": "only at the studio", "Design": "only here", "sales": "in both"}.items() <= shown.items()
    assert find_team_id("sales") == "t1"


def test_import_shows_how_many_lines_are_checked(admin: Visitor) -> None:
    import_id = imports.create_import(
        b"email\nann@example.com\nben@example.com\n", "", actor_id=admin.person.id, now=NOW
    )
    path = f"/admin/roster/import/{import_id}/progress"
    assert "Checking the list" in admin.page(path).text
    with transaction():
        db.session.query(roster_imports.RosterImport).update({"line_count": 2, "progress": 1})
    page = admin.page(path)
    [bar] = page.all("progress")
    assert (bar.get("value"), bar.get("max")) == ("1", "2")
    assert "1 of 2 lines" in page.text
    imports.read_import(import_id, get_context())
    assert admin.page(path).all("progress") == []


def test_manager_downloads_the_status_of_a_team_without_addresses(sign_in: SignIn, entry: UUID) -> None:
    factories.make_person("sam@example.com", name="Sam", groups=["sales"])
    factories.make_person("bea@example.com", name="Bea", groups=["berlin"])
    manager = sign_in(factories.make_person(name="Mia", role="manager", manages=["sales"]))
    text = manager.get("/team.csv").text
    assert [line.split(",")[0].strip('"') for line in text.splitlines()][1:] == ["Ann Lee", "Sam"]
    assert "2026-11-30" in text
    for hidden in ("@", "4711", "Bea"):
        assert hidden not in text
    assert manager.get("/team.csv?name=berlin").status_code == 404
