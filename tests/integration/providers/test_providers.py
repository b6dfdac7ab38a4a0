"""Signing in and out with providers that install from PyPI, portal and provider as processes of their own."""

from __future__ import annotations

from collections.abc import Callable

import requests

from tests.integration.providers.actors import PEOPLE, Employee, PythonProvider

Enter = Callable[[str], Employee]
Rows = Callable[[str], list[tuple[object, ...]]]


def test_sign_in_with_code_and_pkce(employee: Enter, provider: PythonProvider, rows: Rows) -> None:
    ada = employee("ada")
    page = ada.sign_in("/headshots/consent")
    assert (page.status_code, page.url) == (200, f"{provider.portal}/headshots/consent")
    requested = ada.list_requests(provider.product.authorize)[0]
    assert (requested["response_type"], requested["code_challenge_method"]) == ("code", "S256")
    issuer, email, name, groups, role = rows(
        "SELECT issuer, email, name, groups, role FROM people WHERE email = 'ada@example.com'"
    )[0]
    assert (issuer, email, name) == (provider.issuer, "ada@example.com", "Ada Lovelace")
    assert sorted(groups) == PEOPLE["ada"]["groups"]  # type: ignore[call-overload]
    assert role == "admin"


def test_intranet_link_shows_the_page_of_the_provider_to_a_person_without_a_session(
    employee: Enter, provider: PythonProvider
) -> None:
    bob = employee("bob")
    page = bob.sign_in("/start")
    assert page.url == f"{provider.portal}/headshots/consent"
    requested = [each.get("prompt") for each in bob.list_requests(provider.product.authorize)]
    if provider.product.silent:
        assert requested[:2] == ["none", None]
        assert bob.list_requests("/login/callback")[0]["error"] == "login_required"
    else:
        assert set(requested) == {None}
    assert bob.is_signed_in()


def test_intranet_link_needs_no_password_where_the_provider_has_a_session(
    employee: Enter, provider: PythonProvider
) -> None:
    bob = employee("bob")
    bob.sign_in()
    bob.delete_portal_cookies()
    assert not bob.is_signed_in()
    bob.requested_fields.clear()
    bob.sign_in("/start")
    assert bob.is_signed_in()
    # Without a silent attempt this provider asks for consent each time.
    assert bob.requested_fields == ([] if provider.product.silent else ["Authorize"])


def test_prompt_none_is_respected_unless_silent_sign_in_is_switched_off_for_this_provider(
    employee: Enter, provider: PythonProvider
) -> None:
    bob = employee("bob")
    bob.open("/login")
    request = bob.been[1] + "&prompt=none"
    response = requests.get(request, allow_redirects=False, timeout=60)
    assert response.status_code == (302 if provider.product.silent else 500)


def test_signing_out_ends_the_session_at_the_provider_and_the_next_sign_in_prompts(
    employee: Enter, provider: PythonProvider
) -> None:
    ada = employee("ada")
    ada.sign_in()
    onward = ada.leave()
    assert onward.startswith(provider.issuer.removesuffix(provider.product.path))
    assert not ada.is_signed_in()
    home = ada.submit_pages(ada.open(onward))
    assert (home.status_code, home.url) == (200, f"{provider.portal}/signed-out")
    ada.requested_fields.clear()
    before = len(ada.list_requests(provider.product.authorize))
    ada.sign_in()
    assert ada.list_requests(provider.product.authorize)[before]["prompt"] == provider.product.account_prompt
    assert "password" in ada.requested_fields
    assert ada.is_signed_in()


def test_after_a_local_sign_out_only_the_next_sign_in_requests_an_account(
    employee: Enter, provider: PythonProvider, rows: Rows
) -> None:
    shared = employee("ada")
    shared.sign_in()
    shared.leave()
    shared.name = "bob"
    shared.requested_fields.clear()
    page = shared.sign_in()
    assert page.url.startswith(provider.portal)
    assert {"login", "username"} & set(shared.requested_fields), "the provider still knows the other person"
    assert "Bob Example" in shared.open("/headshots/consent").text


def test_another_account_is_requested(employee: Enter, provider: PythonProvider) -> None:
    shared = employee("ada")
    shared.sign_in()
    shared.name = "bob"
    shared.requested_fields.clear()
    before = len(shared.list_requests(provider.product.authorize))
    shared.sign_in("/login?switch=1")
    assert shared.list_requests(provider.product.authorize)[before]["prompt"] == provider.product.account_prompt
    assert {"login", "username"} & set(shared.requested_fields)
    assert "Bob Example" in shared.open("/headshots/consent").text
