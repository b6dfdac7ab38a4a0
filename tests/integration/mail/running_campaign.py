"""A campaign that sends mail, and its people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from portal.db import transaction
from portal.domain.audiences import Audience
from portal.domain.reminder_plan import ReminderPlan
from portal.models import campaigns, roster
from portal.models.campaigns import Campaign
from portal.models.roster import RosterEntry
from portal.services import campaign_mails
from portal.services import campaigns as service
from portal.services.campaigns import CampaignForm
from tests.integration.mail.conftest import Office

ADMIN = uuid4()


# A Monday morning.
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


FORM = CampaignForm(
    name="Headshots 2026",
    message="New badges are coming.",
    due_on=date(2026, 11, 20),
    audience=Audience(everyone=True),
    reminders=ReminderPlan(every_days=7, limit=2, last_days=(1,)),
    has_link=False,
    link_domains=(),
    link_cap=None,
    link_expires_at=None,
)


@dataclass
class Running:
    """A running campaign and its office."""

    office: Office
    id: UUID

    @property
    def found(self) -> Campaign:
        found = campaigns.find_campaign(self.id)
        assert found is not None
        return found

    def advance_time(self, **later: float) -> None:
        """Let time pass and the worker create and send what is due."""
        self.office.worked_example.clock.now += timedelta(**later)
        campaign_mails.run_campaigns(self.office.worked_example.portal)
        self.office.deliver()

    def act(self, action: Any) -> None:
        action(self.id, version=self.found.version, actor_id=ADMIN, now=self.office.worked_example.clock.now)

    def received(self) -> Counter[str]:
        return Counter(envelope.rcpt_tos[0] for envelope in self.office.post.envelopes)


def add_people(*addresses: str, **fields: Any) -> None:
    with transaction() as session:
        for address in addresses:
            values = {"name": "", "source": "import", "created_at": MONDAY, "changed_at": MONDAY} | fields
            session.add(RosterEntry(address=address, **values))


def create_campaign(office: Office, form: CampaignForm = FORM) -> Running:
    office.worked_example.clock.now = MONDAY
    return Running(office, service.create_campaign(form, actor_id=ADMIN, now=MONDAY))


def start_campaign(office: Office, *addresses: str, form: CampaignForm = FORM) -> Running:
    add_people(*addresses)
    running = create_campaign(office, form)
    service.start_campaign(running.id, version=0, actor_id=ADMIN, now=MONDAY)
    office.deliver()
    return running


def get_entry(address: str) -> RosterEntry:
    found = roster.find_by_address(address)
    assert found is not None
    return found
