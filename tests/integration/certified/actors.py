"""Who takes part: the provider as a process, the portal as a process, and browsers that fill in forms."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey

from tests.integration.core.processes import TOP
from tests.integration.web_pages.html_document import Document
from tests.waiting import wait_until

MODULES = TOP / "var" / "identity-provider"
SCRIPT = Path(__file__).with_name("provider.mjs")
CLIENT = {"id": "portal", "secret": "a-secret-of-the-tests-that-is-long-enough"}
PEOPLE = {
    "ada": {"name": "Ada Lovelace", "email": "ada@example.com", "email_verified": True, "groups": ["staff", "runners"]},
    "bob": {"name": "Bob Example", "email": "bob@example.com", "email_verified": True, "groups": ["staff"]},
    "eve": {"name": "Eve Example", "email": "eve@example.com", "email_verified": False},
}
_REFRESH = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')
_FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def generate_signing_key(kid: str) -> dict[str, Any]:
    """A fresh private key."""
    return dict(RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"}).as_dict(private=True))


@dataclass
class ProviderProcess:
    """An identity provider in a process of its own; it can be stopped, and started again.

    Attributes:
        folder: holds its log.
        path: of the issuer.
    """

    port: int
    portal: str
    folder: Path
    path: str = ""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def run(self, *command: str | Path, seconds: float) -> None:
        """Start the command and wait until it serves its metadata."""
        log = self.folder / "provider.log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out)
        wait_until(self._is_ready, seconds=seconds, log=log)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)

    def _is_ready(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=60).ok
        return False


@dataclass
class CertifiedProvider(ProviderProcess):
    """The certified provider; it can be started with other keys."""

    def start(self, *keys: dict[str, Any]) -> None:
        node = shutil.which("node")
        if node is None or not (MODULES / "node_modules").is_dir():
            pytest.fail("the OpenID provider is not installed: sh scripts/identity-provider")
        config = {"port": self.port, "portal": self.portal, "client": CLIENT, "people": PEOPLE, "keys": {"keys": keys}}
        self.run(node, SCRIPT, MODULES, json.dumps(config), seconds=60)


@dataclass
class Visitor:
    """A browser that fills in the forms the provider shows, and records its history."""

    portal: str
    name: str
    http: requests.Session = field(default_factory=requests.Session)
    been: list[str] = field(default_factory=list)

    def open(self, address: str, **form: str) -> requests.Response:
        """Go to a page, or send a form, and follow where it leads, step by step."""
        response = self._send(urljoin(self.portal, address), form)
        while response.is_redirect:
            response = self._send(urljoin(response.url, response.headers["Location"]), {})
        return response

    def sign_in(self, path: str = "/login") -> requests.Response:
        """Go all the way: the page the portal shows at the end."""
        page = self.open(path)
        # At most: who are you, and do you agree.
        for _ in range(2):
            if page.url.startswith(self.portal):
                break
            page = self.fill_in(page, login=self.name, password="x")
        return page

    def fill_in(self, page: requests.Response, **values: str) -> requests.Response:
        """Send the form on a page."""
        document = Document(page.text)
        assert document.all("form"), f"{page.status_code} {page.url}\n{page.text[:500]}"
        inputs = [each for each in document.all("input") if each.get("type") == "hidden"]
        hidden = {each.get("name", ""): each.get("value", "") for each in inputs}
        return self.open(urljoin(page.url, document.all("form")[0].get("action", "")), **(hidden | values))

    def leave(self) -> str:
        """Press sign out in the portal; the address that its response, a page, continues to by itself."""
        token = _FORM_TOKEN.search(self.http.get(f"{self.portal}/headshots", timeout=60).text)
        assert token is not None
        left = self._send(f"{self.portal}/logout", {"csrf_token": token[1]})
        onward = _REFRESH.search(left.text)
        assert onward is not None, f"{left.status_code} {left.url}\n{left.text[:500]}"
        return unescape(onward[1])

    def delete_portal_cookies(self) -> None:
        """Delete the portal's cookies and keep the provider's."""
        for cookie in list(self.http.cookies):
            if cookie.name.startswith("portal"):
                self.http.cookies.clear(cookie.domain, cookie.path, cookie.name)

    def is_signed_in(self) -> bool:
        return self.http.get(f"{self.portal}/headshots/status", timeout=60).status_code == 200

    def list_requests(self, path: str) -> list[dict[str, str]]:
        """The parameters of every request to this path so far."""
        found = [urlsplit(address) for address in self.been]
        return [
            {name: values[0] for name, values in parse_qs(parts.query).items()} for parts in found if parts.path == path
        ]

    def _send(self, address: str, form: dict[str, str]) -> requests.Response:
        self.been.append(address)
        method = "POST" if form else "GET"
        return self.http.request(method, address, data=form or None, allow_redirects=False, timeout=60)
