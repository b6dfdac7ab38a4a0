"""The brands of the provider, as data: a new brand is one entry here. No code branches on the brand."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

WebhookScheme = Literal["timestamped", "body"]


@dataclass(frozen=True, slots=True)
class Brand:
    """Everything that differs between two brands of the same API.

    `slug` is the value of HEADSHOT_PROVIDER. `operator` is the company that runs the studio, and `country` the ISO 3166
    code of its seat, both from its public pages. The webhook headers are `<header_prefix>-Signature` and
    `<header_prefix>-Timestamp`. The origins are the ones seen in the provider's examples and may be empty.
    """

    slug: str
    name: str
    operator: str
    country: str
    api_url: str
    v1_url: str
    header_prefix: str
    support_email: str
    docs_url: str
    webhook_path: str
    signature_scheme: WebhookScheme = "timestamped"
    embed_origins: tuple[str, ...] = ()
    photo_origins: tuple[str, ...] = ()


HEADSHOTPRO = Brand(
    slug="headshotpro",
    name="HeadshotPro",
    operator="Headshot Pro Photography Pte. Ltd.",
    country="SG",
    api_url="https://server.headshotpro.com/api/v2",
    v1_url="https://server.headshotpro.com/api/v1",
    header_prefix="X-HeadshotPro",
    support_email="support@headshotpro.com",
    docs_url="https://www.headshotpro.com/api",
    webhook_path="/webhooks/headshotpro",
    embed_origins=("https://yourproheadshots.com",),
    photo_origins=("https://cdn.headshotpro.com",),
)

PROFILEBAKERY = Brand(
    slug="profilebakery",
    name="Profile Bakery",
    operator="Mamendo GmbH",
    country="CH",
    api_url="https://app.profilebakery.com/api/v2",
    v1_url="https://app.profilebakery.com/api/v1",
    header_prefix="X-ProfileBakery",
    support_email="support@profilebakery.com",
    docs_url="https://www.profilebakery.com/en/api",
    webhook_path="/webhooks/profilebakery",
)

BRANDS: Mapping[str, Brand] = MappingProxyType({brand.slug: brand for brand in (PROFILEBAKERY, HEADSHOTPRO)})
