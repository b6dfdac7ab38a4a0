"""Signing in and out with a certified OpenID provider, portal and provider as processes of their own."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.certified.actors import PEOPLE, CertifiedProvider, Visitor, generate_signing_key
from tests.waiting import wait_until

Enter = Callable[[str], Visitor]
Rows = Callable[[str], list[tuple[object, ...]]]
REFUSALS = "SELECT detail->>'reason' FROM audit_entries WHERE action = 'sign_in' AND result = 'refused'"
ORDERS = "SELECT result, detail->>'sessions' FROM audit_entries WHERE action = 'sign_out.ordered'"


def test_portal_starts_without_the_provider_shows_it_and_recovers_by_itself(
    visitor: Enter, provider: CertifiedProvider
) -> None:
    """First of all here, while the portal has never seen the provider."""
    provider.stop()
    bob = visitor("bob")
    page = bob.open("/login")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "Your company’s sign-in isn’t responding" in page.text
    assert bob.open("/").status_code == 200
    provider.start(generate_signing_key("one"))
    wait_until(lambda: bob.open("/login").status_code == 200)


def test_sign_in_with_code_pkce_and_named_issuer(visitor: Enter, provider: CertifiedProvider, rows: Rows) -> None:
    ada = visitor("ada")
    page = ada.sign_in("/headshots/consent")
    assert (page.status_code, page.url) == (200, f"{provider.portal}/headshots/consent")
    (requested,) = ada.list_requests("/auth")
    assert (requested["response_type"], requested["code_challenge_method"]) == ("code", "S256")
    (responded,) = ada.list_requests("/login/callback")
    assert responded["iss"] == provider.issuer
    assert rows("SELECT issuer, subject, email, name, groups, role FROM people WHERE subject = 'ada'") == [
        (provider.issuer, "ada", "ada@example.com", "Ada Lovelace", PEOPLE["ada"]["groups"], "admin")
    ]


def test_address_that_is_not_verified_is_refused(visitor: Enter, rows: Rows) -> None:
    eve = visitor("eve")
    assert eve.sign_in().status_code == 403
    assert not eve.is_signed_in()
    assert rows(f"{REFUSALS} ORDER BY id DESC LIMIT 1") == [("email_unverified",)]


def test_intranet_link_signs_in_silently_then_interactively_then_uses_session(visitor: Enter) -> None:
    bob = visitor("bob")
    page = bob.open("/start")
    assert [requested.get("prompt") for requested in bob.list_requests("/auth")] == ["none", None]
    assert [response["error"] for response in bob.list_requests("/login/callback")] == ["login_required"]
    for _ in range(2):
        page = bob.fill_in(page, login="bob", password="x")
    assert page.url.endswith("/headshots/consent")
    # The same person on another morning: the provider has a session, the portal does not.
    bob.delete_portal_cookies()
    assert not bob.is_signed_in()
    assert bob.open("/start").url.endswith("/headshots/consent")
    assert bob.list_requests("/auth")[-1]["prompt"] == "none"
    assert bob.is_signed_in()


def test_tile_of_the_provider_begins_a_sign_in_for_the_person_it_names(
    visitor: Enter, provider: CertifiedProvider
) -> None:
    bob = visitor("bob")
    page = bob.open(f"/login/initiate?iss={provider.issuer}&login_hint=bob&unknown=x")
    assert bob.list_requests("/auth")[0]["login_hint"] == "bob"
    assert 'value="bob"' in page.text


def test_signing_out_ends_the_local_session_then_the_providers_and_returns(
    visitor: Enter, provider: CertifiedProvider
) -> None:
    ada = visitor("ada")
    ada.sign_in()
    cookie = ada.http.cookies.get("portal_session")
    onward = ada.leave()
    assert onward.startswith(f"{provider.issuer}/session/end?")
    stolen = Visitor(provider.portal, "ada")
    stolen.http.cookies.set("portal_session", cookie, domain="localhost.local")
    assert not stolen.is_signed_in(), "dead before the provider is asked"
    confirm = ada.open(onward)
    home = ada.fill_in(confirm, logout="yes")
    assert (home.status_code, home.url) == (200, f"{provider.portal}/signed-out")
    assert ada.list_requests("/")[0]["state"] == ada.list_requests("/session/end")[0]["state"]
    assert ada.open("/login").url.startswith(provider.issuer)
    assert [requested.get("prompt") for requested in ada.list_requests("/auth")[1:]] == ["select_account", "login"]
    ada.delete_portal_cookies()
    assert ada.open("/login").url.startswith(provider.issuer), "the provider knows nobody any more either"
    assert "prompt" not in ada.list_requests("/auth")[-1]


def test_backchannel_logout_ends_one_session_and_no_other(
    visitor: Enter, provider: CertifiedProvider, rows: Rows
) -> None:
    app_context, phone, bob = visitor("ada"), visitor("ada"), visitor("bob")
    for each in (app_context, phone, bob):
        each.sign_in()
        assert each.is_signed_in()
    # In another application she signs out everywhere on this device; the portal is notified, her browser is not.
    confirm = app_context.open(f"{provider.issuer}/session/end")
    app_context.fill_in(confirm, logout="yes")
    assert not app_context.is_signed_in()
    assert phone.is_signed_in()
    assert bob.is_signed_in()
    assert rows(f"{ORDERS} ORDER BY id DESC LIMIT 1") == [("ok", "1")]


def test_identity_provider_with_new_keys_after_outage_is_accepted(visitor: Enter, provider: CertifiedProvider) -> None:
    ada, bob = visitor("ada"), visitor("bob")
    ada.sign_in()
    provider.stop()
    assert ada.is_signed_in()
    assert bob.open("/").status_code == 200
    provider.start(generate_signing_key("two"))
    assert bob.sign_in().url.endswith("/headshots/consent")
    assert ada.is_signed_in()
