"""Chance in the sandbox has a seed that is shown, and that repeats what happened."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sandbox.switches import Switches, export_switches, update_switches
from sandbox.webhook_sender import WebhookSender


def list_batch_orders(seed: int) -> list[list[int]]:
    """Return the order in which a sender with this seed starts two batches of ten."""
    switches = update_switches(Switches(), {"webhook_order": "shuffled", "webhook_order_seed": seed})
    sandbox: Any = SimpleNamespace(switches=switches)
    sender = WebhookSender(sandbox)
    batches: list[Any] = [list(range(10)), list(range(10))]
    for batch in batches:
        sender._shuffle(batch)
    sender._executor.shutdown()
    return batches


def test_shuffled_webhooks_without_a_seed_get_one_that_the_settings_show() -> None:
    shown = export_switches(update_switches(Switches(), {"webhook_order": "shuffled"}))
    assert shown["webhook_order_seed"] > 0


def test_given_seed_is_kept_and_kept_order_needs_none() -> None:
    switches = update_switches(Switches(), {"webhook_order": "shuffled", "webhook_order_seed": 7})
    assert switches.webhook_order_seed == 7
    assert update_switches(Switches(), {"webhook_order": "kept"}).webhook_order_seed == 0


def test_same_seed_repeats_the_order_of_webhooks() -> None:
    first, second = list_batch_orders(7)
    assert first != second != list(range(10))
    assert list_batch_orders(7) == [first, second]
    assert list_batch_orders(8) != [first, second]
