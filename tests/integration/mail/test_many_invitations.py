"""Hundreds and thousands of invitations through a mail server that refuses, defers and limits: each person gets one."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from portal.models import campaign_people
from portal.services import campaign_mails
from portal.services import campaigns as service
from tests.integration.mail.conftest import Office
from tests.integration.mail.running_campaign import ADMIN, MONDAY, add_people, create_campaign

REFUSED_EVERY = 100
# The first reply to so many is a deferral, and each of them waits a moment.
DEFERRED_EVERY = 50
DELAY_SECONDS = 0.05
# Of the server's acceptances every so many a "too many messages", as a rate limit sends.
LIMIT_EVERY = 40
# Run in a minute of its own only: one process is worker and mail server, with a dozen statements a mail.
MANY = pytest.param(2000, marks=[pytest.mark.minutes, pytest.mark.faults, pytest.mark.timeout(900)])


@pytest.mark.parametrize("count", [400, MANY])
def test_each_person_gets_one_invitation_or_a_refusal(office: Office, monkeypatch: Any, count: int) -> None:
    refused = {f"p{number}@example.com" for number in range(0, count, REFUSED_EVERY)}
    deferred = {f"p{number}@example.com" for number in range(7, count, DEFERRED_EVERY)}
    add_people(*[f"p{number}@example.com" for number in range(count)])
    seen: Counter[str] = Counter()
    receive = office.post.handle_RCPT

    async def answer(server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        seen[address] += 1
        if address in refused:
            return "550 no such mailbox"
        if address in deferred and seen[address] == 1:
            await asyncio.sleep(DELAY_SECONDS)
            return "450 greylisted, try again"
        if seen.total() % LIMIT_EVERY == 0:
            return "421 too many messages"
        return await receive(server, session, envelope, address, options)

    monkeypatch.setattr(office.post, "handle_RCPT", answer)
    running = create_campaign(office)
    service.start_campaign(running.id, version=0, actor_id=ADMIN, now=MONDAY)
    campaign_mails.run_campaigns(office.worked_example.portal)
    for _ in range(10):
        office.worked_example.work(limit=count + 100)
        office.worked_example.clock.now += timedelta(minutes=10)
    received = running.received()
    assert set(received.values()) == {1}
    assert len(received) == count - len(refused)
    counts = campaign_people.count_campaign(running.id)
    assert (counts.invited, counts.refused, counts.waiting) == (count - len(refused), len(refused), 0)
