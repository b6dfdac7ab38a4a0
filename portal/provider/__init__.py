"""The client of the provider's API, the only place that calls it; depends on neither Flask nor the database."""

from portal.domain.brands import BRANDS, Brand
from portal.provider.budget import Budget, CallRecorder, Grant
from portal.provider.client import ProviderClient
from portal.provider.download import DownloadedPhoto, PhotoDownloader
from portal.provider.errors import ProviderError

__all__ = [
    "BRANDS",
    "Brand",
    "Budget",
    "CallRecorder",
    "DownloadedPhoto",
    "Grant",
    "PhotoDownloader",
    "ProviderClient",
    "ProviderError",
]
