"""The company's legal pages and contact, which every page of the portal links to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LegalLinks:
    """Addresses of the company's own pages.

    Attributes:
        imprint: the page that names the company, https.
        privacy_statement: the company's own privacy notice, https.
        dpo_email: address of the data protection officer.
    """

    imprint: str | None = None
    privacy_statement: str | None = None
    dpo_email: str | None = None
