"""What every use case may be handed: one portal's settings, clock, secrets and doors, built by the app alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from portal.domain.brands import Brand
from portal.domain.secretbox import SecretBox
from portal.mail import Mailer
from portal.provider import Budget, PhotoDownloader, ProviderClient
from portal.services.desk import Desk
from portal.services.notifications import Outbox
from portal.services.progress import Expectations
from portal.settings import Settings
from portal.storage import Storage


@dataclass(frozen=True)
class AppContext:
    """One running portal. ``mailer`` is None where no mail is sent; ``sleep`` goes by the same time as ``clock``."""

    settings: Settings
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    secretbox: SecretBox
    brand: Brand
    budget: Budget
    provider: ProviderClient
    downloader: PhotoDownloader
    storage: Storage
    mailer: Mailer | None
    expectations: Expectations = field(default_factory=Expectations)

    @property
    def outbox(self) -> Outbox:
        """Whether mails are owed to anybody."""
        return Outbox(self.mailer is not None, has_support=self.settings.support_email is not None)

    @property
    def desk(self) -> Desk:
        """What serves the waiting room."""
        return Desk(self.provider, self.budget, self.secretbox, self.clock, self.sleep, self.outbox)
