"""What every use case may be handed: one portal's settings, clock, secrets and doors, built by the app alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.domain.secretbox import SecretBox
from portal.provider import PhotoDownloader, ProviderClient
from portal.provider.brands import Brand
from portal.settings import Settings
from portal.storage import Storage


@dataclass(frozen=True)
class Portal:
    """One running portal."""

    settings: Settings
    clock: Callable[[], datetime]
    secretbox: SecretBox
    brand: Brand
    provider: ProviderClient
    downloader: PhotoDownloader
    storage: Storage
