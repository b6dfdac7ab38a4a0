"""The application context: settings, clock, secrets and clients of one running portal, built by portal/app.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from portal.domain.brands import Brand
from portal.domain.secretbox import SecretBox
from portal.mail import Mailer
from portal.provider import Budget, PhotoDownloader, ProviderClient
from portal.services.company_texts import TextCache
from portal.services.progress import Expectations
from portal.settings import Settings
from portal.storage import Storage


@dataclass(frozen=True)
class AppContext:
    """What use cases need of one running portal.

    Attributes:
        clock: the current time, UTC.
        sleep: waits for a number of seconds of the same clock.
        mailer: None when no mail server is configured.
        texts: the company's own texts.
    """

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
    texts: TextCache = field(default_factory=TextCache)
