"""Hundreds of invitations through a mail server that refuses, defers and limits: each person gets one."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from portal.models import campaign_people
from portal.services import campaign_mails
from portal.services import campaigns as service
from tests.integration.mail.conftest import Office
from tests.integration.mail.running_campaign import ADMIN, MONDAY, add_people, create_campaign

COUNT = 400
REFUSED = {f"p{number}@example.com" for number in range(0, COUNT, 100)}
# The first reply to these is a deferral.
DEFERRED = {f"p{number}@example.com" for number in range(7, COUNT, 50)}
# Of the server's acceptances every so many a "too many messages", as a rate limit sends.
LIMIT_EVERY = 40


def test_each_person_gets_one_invitation_or_a_refusal(office: Office, monkeypatch: Any) -> None:
    add_people(*[f"p{number}@example.com" for number in range(COUNT)])
    seen: Counter[str] = Counter()
    receive = office.post.handle_RCPT

    async def answer(server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        seen[address] += 1
        if address in REFUSED:
            return "550 no such mailbox"
        if address in DEFERRED and seen[address] == 1:
            return "450 greylisted, try again"
        if seen.total() % LIMIT_EVERY == 0:
            return "421 too many messages"
        return await receive(server, session, envelope, address, options)

    monkeypatch.setattr(office.post, "handle_RCPT", answer)
    running = create_campaign(office)
    service.start_campaign(running.id, version=0, actor_id=ADMIN, now=MONDAY)
    campaign_mails.run_campaigns(office.worked_example.portal)
    for _ in range(10):
        office.worked_example.work(limit=COUNT + 100)
        office.worked_example.clock.now += timedelta(minutes=10)
    received = running.received()
    assert set(received.values()) == {1}
    assert len(received) == COUNT - len(REFUSED)
    counts = campaign_people.count_campaign(running.id)
    assert (counts.invited, counts.refused, counts.waiting) == (COUNT - len(REFUSED), len(REFUSED), 0)
