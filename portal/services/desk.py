"""What whoever serves the line is handed, and how a turn says that it has to be taken later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.domain.secretbox import SecretBox
from portal.provider import Budget, ProviderClient
from portal.services.notifications import Outbox


@dataclass(frozen=True)
class Desk:
    """One portal's means of serving the line.

    Attributes:
        budget: asked for leave before anybody is called up.
        sleep: waits for so many seconds, in a place of the worker that only turns use.
    """

    provider: ProviderClient
    budget: Budget
    secretbox: SecretBox
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    outbox: Outbox


class NotYet(Exception):
    """Nobody can be served before a certain moment; somebody still waits.

    Attributes:
        until: when it is worth coming back, UTC.
    """

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__()
