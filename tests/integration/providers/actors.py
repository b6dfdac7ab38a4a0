"""Who takes part: a provider in Python as a process of its own environment, and people who sign in there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.certified.actors import CLIENT, ProviderProcess, Visitor
from tests.integration.core.processes import TOP
from tests.integration.web_pages.html_document import Document

PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"name": "Ada Lovelace", "email": "ada@example.com", "groups": ["runners", "staff"]},
    "bob": {"name": "Bob Example", "email": "bob@example.com", "groups": ["staff"]},
}
PASSWORD = "a-password-of-the-tests"


@dataclass(frozen=True)
class Product:
    """An identity provider that installs from PyPI.

    Attributes:
        folder: name of its folder here and of its environment.
        path: path of its issuer.
        authorize: path of its authorization endpoint.
        agreements: names and values of the buttons that agree to a request and to signing out.
        account_prompt: the ``prompt`` that asks for an account, from what its metadata lists.
        silent: whether it supports ``prompt=none``, the portal's OIDC_SILENT.
    """

    folder: str
    path: str
    authorize: str
    agreements: tuple[tuple[str, str], ...]
    account_prompt: str
    silent: bool


CANAILLE = Product(
    "canaille", "", "/oauth/authorize", (("answer", "accept"), ("answer", "logout")), "select_account", silent=True
)
# Its validator lacks what oauthlib requires for prompt=none, so that it ends in a 500.
DJANGO_OAUTH_TOOLKIT = Product(
    "django_oauth_toolkit", "/o", "/o/authorize/", (("allow", "Authorize"), ("allow", "Logout")), "login", silent=False
)


@dataclass
class PythonProvider(ProviderProcess):
    """A running provider of a product that has the portal and the people registered."""

    product: Product = CANAILLE

    def start(self) -> None:
        python = TOP / "var" / "provider-venvs" / self.product.folder / "bin" / "python"
        if not python.exists():
            pytest.fail("the OpenID providers are not installed: sh scripts/identity-provider")
        config = {
            "port": self.port,
            "portal": self.portal,
            "client": CLIENT,
            "people": {name: person | {"password": PASSWORD} for name, person in PEOPLE.items()},
            "database": str(self.folder / "provider.sqlite"),
        }
        script = Path(__file__).parent / self.product.folder / "server.py"
        self.run(python, script, json.dumps(config), seconds=60)


@dataclass
class Employee(Visitor):
    """A browser whose person fills in what the provider asks for."""

    product: Product = CANAILLE
    requested_fields: list[str] = field(default_factory=list)

    def sign_in(self, path: str = "/login") -> requests.Response:
        """Go all the way: the page the portal shows at the end."""
        return self.submit_pages(self.open(path))

    def submit_pages(self, page: requests.Response) -> requests.Response:
        """Fill in the provider's pages, four at most, until the browser is back at the portal."""
        for _ in range(4):
            if page.url.startswith(self.portal):
                break
            page = self.fill_in(page, **self._fill_form(page))
        return page

    def _fill_form(self, page: requests.Response) -> dict[str, str]:
        shown = Document(page.text)
        fields = {each.get("name") for each in shown.all("input") if each.get("type") in {"text", "email", "password"}}
        known = {"login": self.name, "username": self.name, "password": PASSWORD}
        response = {name: value for name, value in known.items() if name in fields}
        if response:
            self.requested_fields += sorted(response)
            return response
        buttons = {(each.get("name"), each.get("value")) for kind in ("button", "input") for each in shown.all(kind)}
        for name, value in self.product.agreements:
            if (name, value) in buttons:
                self.requested_fields.append(value)
                return {name: value}
        raise AssertionError(f"{page.status_code} {page.url}\n{page.text[:2000]}")
