"""The mail about low credits: once for each time the balance falls below the threshold."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from portal.services import credits
from tests.integration.mail.conftest import SUPPORT, Office


def read_balances(office: Office, *balances: float) -> None:
    """Read each of these balances, five minutes apart."""
    for balance in balances:
        office.worked_example.provider.credits = Decimal(str(balance))
        office.worked_example.clock.advance(minutes=5)
        credits.fetch_balance(office.worked_example.portal)


def list_subjects(office: Office) -> list[str]:
    office.deliver()
    return [message["Subject"] for message in office.post.to(SUPPORT)]


def test_admins_get_one_mail_each_time_the_credits_become_low(office: Office) -> None:
    read_balances(office, 30, 10)
    assert list_subjects(office) == []
    read_balances(office, 9.75, 9, 4, 9)
    [subject] = list_subjects(office)
    assert "running out" in subject
    read_balances(office, 200, 3, 2)
    assert len(list_subjects(office)) == 2


def test_an_unknown_balance_is_no_new_occasion(office: Office) -> None:
    read_balances(office, 5)
    office.worked_example.query("UPDATE credit_balance SET balance = NULL")
    read_balances(office, 5)
    assert len(list_subjects(office)) == 1


@pytest.mark.parametrize(("threshold", "mails"), [(0, 0), (100, 1)])
def test_threshold_is_a_setting(make_office: Callable[..., Office], threshold: int, mails: int) -> None:
    office = make_office(credit_alert_below=threshold)
    read_balances(office, 99, 1)
    assert len(list_subjects(office)) == mails


def test_readings_keep_changes_and_one_a_day(office: Office) -> None:
    read_balances(office, 30, 30, 29)
    office.worked_example.clock.advance(days=1)
    read_balances(office, 29, 29)
    stored = office.worked_example.query("SELECT balance FROM credit_readings ORDER BY at")
    assert [balance for (balance,) in stored] == [30, 29, 29]
