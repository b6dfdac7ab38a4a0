"""Names and words of people, providers and identity providers are words on every page, never markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from werkzeug.test import TestResponse

from tests.integration.auth.hostile_provider import HostileProvider
from tests.integration.matrix.directory_fixture import IN_STUDIO, Actor, DirectoryFixture
from tests.integration.matrix.table import ROLES, list_routes

MARK = "hostilemark"
HOSTILE_TEXTS = {
    "an element": f'"><svg onload={MARK}()><{MARK}>',
    "an attribute": f"' onmouseover='{MARK}()' {MARK}=\" x=\"",
    "a script's end": f"</script></style></title></textarea><script>{MARK}()</script>",
    "a template": f"{{{{ {MARK} }}}}{{% {MARK} %}}${{{MARK}}}",
    "entities": f"&lt;{MARK}&gt;&#60;{MARK}&#62;",
    "turned around": f"\u202e\u2066{MARK}\u2069\u200f\ufeff",
    "very long": f"{MARK} " + "W" * 10_000,
    "many lines": f"{MARK}\r\nSet-Cookie: {MARK}=1\r\n\r\n<{MARK}>",
}
# Only the path differs: the first two are representative.
FEW = dict(list(HOSTILE_TEXTS.items())[:2])
# Every column with text from outside, by its source.
_STORED_TEXT = (
    *(("people", name) for name in ("name", "email", "subject")),
    *(("shoots", name) for name in ("provider_status", "confirmed_by")),
    *(("photos", name) for name in ("provenance",)),
    *(("deliveries", name) for name in ("event", "model_id", "error", "key_id")),
    *(("sessions", name) for name in ("user_agent", "sid")),
    *(("choices", name) for name in ("key",)),
    *(("consents", name) for name in ("policy_version", "provider", "user_agent")),
    *(("notices", name) for name in ("reason",)),
)


def request_pages(actor: Actor) -> Iterator[TestResponse]:
    """Every page and fragment this person can read, and the page of one refusal, which is the same for all routes."""
    role, was_refused = "employee" if actor.name == IN_STUDIO else actor.name, False
    for route in list_routes(actor.directory.app):
        if route.method == "GET" and route.arguments <= actor.directory.ids[actor.owner].keys():
            if role in ROLES and role not in route.row.roles:
                if was_refused:
                    continue
                was_refused = True
            response = actor.submit(route)
            if response.mimetype in {"text/html", "image/svg+xml"}:
                yield response


def check_harmless(response: TestResponse) -> None:
    """Check every element of a page and the names of its attributes, as a browser would build them."""
    where = response.request.path
    root: Element = html5lib.HTMLParser(strict=False).parse(response.text)
    for element in (each for each in root.iter() if isinstance(each.tag, str)):
        assert MARK not in element.tag, where
        assert not [name for name, _ in element.items() if name.startswith("on") or MARK in name], (
            f"{where}: {element.tag}"
        )
    for script in root.iter("{http://www.w3.org/1999/xhtml}script"):
        assert MARK not in "".join(script.itertext()), where
    assert "Set-Cookie" not in response.headers or MARK not in str(response.headers)


@pytest.mark.parametrize("text_parts", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
@pytest.mark.asvs("A25")
def test_hostile_text_of_other_people_is_escaped(text_parts: str, directory: DirectoryFixture) -> None:
    for table, column in _STORED_TEXT:
        # The rows stay different where the database requires it.
        number = "" if (table, column) not in {("people", "subject"), ("choices", "key")} else "|| ctid::text"
        directory.connection.execute(f"UPDATE {table} SET {column} = %s {number}", (text_parts.replace("\x00", ""),))
    seen = 0
    for name in (*ROLES, IN_STUDIO):
        for response in request_pages(directory.actor(name)):
            assert response.status_code < 500, response.request.path
            check_harmless(response)
            seen += MARK in response.text
    assert seen > 3, "the words should be on some pages, or this proves nothing"


@pytest.mark.parametrize("text_parts", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
@pytest.mark.asvs("A25")
def test_hostile_text_of_identity_provider_is_escaped(
    text_parts: str, directory: DirectoryFixture, identity: HostileProvider
) -> None:
    identity.person = {"sub": "hostile", "email": "hostile@example.com", "name": text_parts}
    identity.person |= {"groups": [text_parts[:300]], "given_name": text_parts[:300], "locale": text_parts[:300]}
    actor = directory.actor("anonymous")
    back = identity.visit(actor.call("GET", "/login").headers["Location"])
    response = actor.call("GET", back, headers={"User-Agent": "".join(text_parts.split("\r\n"))})
    assert response.status_code == 303
    seen = 0
    for path in ("/", "/headshots", "/headshots/consent", "/headshots/gallery", "/privacy", "/headshots/status"):
        page = actor.call("GET", path)
        check_harmless(page)
        seen += MARK in page.text
    assert seen or text_parts.startswith("\u202e")


@pytest.mark.parametrize("text_parts", FEW.values(), ids=FEW)
def test_hostile_text_of_settings_is_escaped(text_parts: str, make_directory: Callable[..., DirectoryFixture]) -> None:
    directory = make_directory(brand_name=text_parts.partition("\r")[0][:200])
    for name in ("anonymous", "employee", "admin"):
        for response in request_pages(directory.actor(name)):
            assert response.status_code < 500
            check_harmless(response)


@pytest.mark.parametrize("text_parts", FEW.values(), ids=FEW)
def test_form_input_is_escaped(text_parts: str, directory: DirectoryFixture) -> None:
    for name in ("anonymous", "admin"):
        actor = directory.actor(name)
        for route in list_routes(directory.app):
            if route.method == "HEAD" or route.rule == "/logout":
                continue
            sent: dict[str, Any] = dict.fromkeys(
                ("photo", "purpose", "decision", "state", "next", "error", "q"), text_parts
            )
            if route.is_unsafe and name == "admin":
                sent["csrf_token"] = actor.token()
            where = {"form": sent} if route.is_unsafe else {"query_string": sent}
            response = actor.call(
                route.method, actor.path(route), **where, headers={"Referer": f"/{text_parts[:20]!r}"}
            )
            assert response.status_code < 500
            if response.mimetype == "text/html":
                check_harmless(response)
