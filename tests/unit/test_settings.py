"""The environment as one value: all problems are reported at once, and nothing dangerous starts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.roles import Principals
from portal.domain.session_lifetimes import SessionLifetime, SessionLifetimes
from portal.settings import Settings, SettingsError

GOOD = {
    "SECRET_KEY": "k" * 32,
    "DATABASE_URL": "postgres://u:p@db.example:5432/portal",
    "PUBLIC_URL": "https://headshots.example",
    "OIDC_ISSUER": "https://id.example/",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "oidc-canary",
    "HEADSHOT_API_KEY": "key-canary",
    "STORAGE_URL": "s3://bucket/photos",
}
NAMES = [
    *GOOD,
    "HEADSHOT_PROVIDER",
    "HEADSHOT_API_URL",
    "HEADSHOT_WEBHOOK_SECRET",
    "HEADSHOT_WEBHOOK_SCHEME",
    "HEADSHOT_EMBED_ORIGINS",
    "HEADSHOT_PHOTO_ORIGINS",
    "HEADSHOT_RATE_LIMIT",
    "HEADSHOT_DEVELOPMENT",
    "OIDC_SCOPES",
    "MAIL_URL",
    "BRAND_COLOR",
    "BRAND_LOGO",
    "PORT",
    "DYNO",
    "ADMIN_EMAILS",
]


def list_problems(**changes: str | None) -> list[str]:
    """What is wrong with a good environment after these changes; None takes a variable away."""
    env = {name: value for name, value in (GOOD | changes).items() if value is not None}
    try:
        Settings.from_env(env)
    except SettingsError as error:
        return error.problems
    return []


def build_settings(**changes: str) -> Settings:
    return Settings.from_env(GOOD | changes)


def test_session_lifetimes_have_defaults_and_can_be_set_by_role() -> None:
    assert build_settings().session_lifetimes == SessionLifetimes()
    lifetimes = build_settings(SESSION_IDLE_MINUTES="60", ADMIN_SESSION_MAX_HOURS="4").session_lifetimes
    assert lifetimes.get_lifetime("employee") == SessionLifetime(timedelta(minutes=60), timedelta(hours=12))
    assert lifetimes.get_lifetime("admin") == SessionLifetime(timedelta(minutes=15), timedelta(hours=4))
    for value in ("0", "10000", "999999999"):
        (problem,) = list_problems(SESSION_MAX_HOURS=value)
        assert "SESSION_MAX_HOURS" in problem
        assert "1 to 9999" in problem


def test_a_minimal_environment_is_enough() -> None:
    settings = build_settings()
    assert settings.secret_keys == ("k" * 32,)
    assert (settings.provider, settings.webhook_scheme, settings.rate_limit) == ("profilebakery", "timestamped", 300)
    assert settings.webhook_secrets == ()
    assert settings.is_secure
    assert not settings.development


def test_everything_missing_is_listed_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({})
    for name in GOOD:
        assert any(name in problem for problem in refused.value.problems), name
        assert name in str(refused.value)
    assert len(refused.value.problems) == len(GOOD)


def test_missing_and_wrong_are_listed_together() -> None:
    found = list_problems(SECRET_KEY=None, PUBLIC_URL="ftp://x", HEADSHOT_RATE_LIMIT="many", BRAND_COLOR="red")
    assert len(found) == 4


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgres_address_is_accepted(scheme: str) -> None:
    settings = build_settings(DATABASE_URL=f"{scheme}://u:p@db.example/portal?sslmode=require")
    assert settings.database_url == "postgresql+psycopg://u:p@db.example/portal?sslmode=require"


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite:///x.db", "postgres:/x", "postgres://[bad", "postgres://h:x/d"])
def test_other_databases_are_refused(url: str) -> None:
    assert len(list_problems(DATABASE_URL=url)) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SECRET_KEY": "short"}, "at least 32"),
        ({"SECRET_KEY": "k" * 32 + ",short"}, "at least 32"),
        ({"HEADSHOT_WEBHOOK_SECRET": ""}, "empty secret"),
        ({"HEADSHOT_WEBHOOK_SECRET": "  "}, "empty secret"),
        ({"HEADSHOT_WEBHOOK_SECRET": "a,,b"}, "empty secret"),
        ({"HEADSHOT_WEBHOOK_SECRET": "a,"}, "empty secret"),
        ({"HEADSHOT_API_KEY": "käy"}, "no header can carry"),
        ({"HEADSHOT_PROVIDER": "other"}, "profilebakery or headshotpro"),
        ({"HEADSHOT_WEBHOOK_SCHEME": "none"}, "timestamped or body"),
        ({"HEADSHOT_RATE_LIMIT": "0"}, "at least 10"),
        ({"HEADSHOT_RATE_LIMIT": "३००"}, "whole number"),
        ({"HEADSHOT_DEVELOPMENT": "maybe"}, "true or false"),
        ({"OIDC_SCOPES": "email profile"}, "openid"),
        ({"PUBLIC_URL": "https://x.example/portal"}, "without a path"),
        ({"PUBLIC_URL": "http://x.example"}, "https"),
        ({"PUBLIC_URL": "https://user:pw@x.example"}, "https"),
        ({"OIDC_ISSUER": "http://id.example"}, "https"),
        ({"STORAGE_URL": "/var/photos"}, "s3:// or file:///"),
        ({"MAIL_URL": "http://x"}, "smtp"),
        ({"MAIL_URL": "smtp://x"}, "MAIL_FROM"),
        ({"BRAND_LOGO": "https://cdn.example/x.svg"}, "/static/"),
        ({"BRAND_COLOR": "#12345"}, "#3b5bdb"),
        ({"PORT": "-1"}, "whole number"),
    ],
)
def test_each_wrong_value_is_named(changes: dict[str, str], message: str) -> None:
    assert any(message in problem for problem in list_problems(**changes)), list_problems(**changes)


@pytest.mark.parametrize(
    "origin",
    [
        "https://studio.example/path",
        "https://*.example",
        "http://studio.example",
        "studio.example",
        "https://a.example; script-src *",
        "https://a.example b",
        "'self'",
        "https://a.example:port",
        "https://a.example?x",
    ],
)
def test_origin_with_syntax_of_a_policy_is_refused(origin: str) -> None:
    assert list_problems(HEADSHOT_EMBED_ORIGINS=origin), origin
    assert list_problems(HEADSHOT_PHOTO_ORIGINS=f"https://ok.example,{origin}"), origin


def test_origins_are_kept_without_their_slash() -> None:
    settings = build_settings(HEADSHOT_EMBED_ORIGINS="https://a.example/, http://127.0.0.1:5001")
    assert settings.embed_origins == ("https://a.example", "http://127.0.0.1:5001")


def test_an_issuer_keeps_its_slash_for_exact_comparison() -> None:
    assert build_settings().oidc_issuer == "https://id.example/"
    assert build_settings(PUBLIC_URL="https://headshots.example/").public_url == "https://headshots.example"


def test_lists() -> None:
    settings = build_settings(
        SECRET_KEY=f"{'a' * 32}, {'b' * 32}",
        HEADSHOT_WEBHOOK_SECRET="one, two",
        ADMIN_EMAILS="Boss@Example.com,  other@example.com ,",
        ADMIN_GROUPS="Admins",
        ALLOWED_EMAIL_DOMAINS="Example.com",
    )
    assert settings.secret_keys == ("a" * 32, "b" * 32)
    assert settings.webhook_secrets == ("one", "two")
    assert settings.admin_emails == {"boss@example.com", "other@example.com"}
    assert settings.admin_groups == {"Admins"}
    assert settings.allowed_email_domains == {"example.com"}


def test_teams_and_their_managers() -> None:
    settings = build_settings(TEAM_MANAGERS=" sales = sales-leads, Ann@Example.com ; /org/berlin=berlin-leads; ")
    assert settings.team_managers == {
        "sales": Principals(frozenset({"ann@example.com"}), frozenset({"sales-leads", "Ann@Example.com"})),
        "/org/berlin": Principals(frozenset(), frozenset({"berlin-leads"})),
    }
    assert settings.has_group_bindings
    assert build_settings().team_managers == {}


@pytest.mark.parametrize("value", ["sales", "sales=", "=leads", "sales=,;", "sales=a;sales=b"])
def test_team_that_cannot_be_understood_is_named(value: str) -> None:
    (problem,) = list_problems(TEAM_MANAGERS=value)
    assert "TEAM_MANAGERS" in problem


def test_operators_are_named_like_admins() -> None:
    settings = build_settings(OPERATOR_EMAILS="Ops@Example.com", OPERATOR_GROUPS="platform, sre")
    assert settings.operator_emails == {"ops@example.com"}
    assert settings.operator_groups == {"platform", "sre"}
    assert settings.role_bindings.operators.includes("ops@example.com", [])


def test_storage_a_platform_deletes_is_refused() -> None:
    assert list_problems(DYNO="web.1") == []
    assert any("embedded" in each for each in list_problems(DYNO="web.1", DATABASE_URL=None))
    for url in ("postgres://localhost/x", "postgres://127.0.0.1/x", "postgresql:///x?host=/tmp"):
        assert any("next restart" in each for each in list_problems(DYNO="web.1", DATABASE_URL=url)), url
        assert list_problems(DATABASE_URL=url) == []
    assert any("loses its disk" in each for each in list_problems(DYNO="web.1", STORAGE_URL="file:///photos"))
    assert list_problems(DYNO="web.1", STORAGE_URL="file:///photos", STORAGE_ALLOW_LOCAL="true") == []
    assert list_problems(STORAGE_URL="file:///photos") == []


def test_secrets_are_not_in_its_text() -> None:
    text = repr(build_settings())
    for secret in ("canary", "k" * 32, "u:p"):
        assert secret not in text
    assert "canary" not in str(SettingsError(list_problems(BRAND_COLOR="x")))


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.one_of(st.text(max_size=30), st.sampled_from(["http://[", "https://x:99999", "postgres://[::1", "a,b,,"])),
    )
)
def test_any_environment_gives_settings_or_a_list_of_errors(env: dict[str, str]) -> None:
    for start in ({}, GOOD):
        refused = settings = None
        try:
            settings = Settings.from_env(start | env)
        except SettingsError as error:
            refused = error.problems
        assert refused or settings


@pytest.mark.parametrize(
    ("environment", "trusted"),
    [
        ({}, 0),
        ({"DYNO": "web.1"}, 1),
        ({"CONTAINER_VERSION": "1a2b3c"}, 1),
        ({"RENDER": "true"}, 0),
        ({"FLY_APP_NAME": "headshots", "TRUSTED_PROXIES": "2"}, 2),
        ({"DYNO": "web.1", "TRUSTED_PROXIES": "0"}, 0),
        ({"TRUSTED_PROXIES": "1"}, 1),
    ],
)
def test_forwarded_headers_count_where_the_platform_or_a_setting_allows_it(
    environment: dict[str, str], trusted: int
) -> None:
    assert build_settings(**environment).trusted_proxies == trusted


@pytest.mark.parametrize("name", ["DYNO", "CONTAINER_VERSION", "RENDER", "FLY_APP_NAME", "RAILWAY_PROJECT_ID"])
def test_every_known_platform_has_an_ephemeral_disk(name: str) -> None:
    assert any("loses its disk" in each for each in list_problems(**{name: "x"}, STORAGE_URL="file:///photos"))


@pytest.mark.parametrize(
    "value", ["corp.example,berlin.example", "@corp.example; Berlin.example", "corp.example. berlin.example"]
)
def test_every_clear_spelling_of_domains_is_normalized(value: str) -> None:
    assert build_settings(ALLOWED_EMAIL_DOMAINS=value).allowed_email_domains == {"corp.example", "berlin.example"}


@pytest.mark.parametrize(
    "value",
    [
        "a@x.example;b@x.example",
        "A@x.example b@X.example",
        "Ann A <a@x.example>, b@x.example",
        "a@x.example\nb@x.example",
    ],
)
def test_every_clear_spelling_of_addresses_is_normalized(value: str) -> None:
    assert build_settings(ADMIN_EMAILS=value).admin_emails == {"a@x.example", "b@x.example"}
    assert build_settings(OPERATOR_EMAILS=value).operator_emails == {"a@x.example", "b@x.example"}


def test_international_domains_are_stored_as_idna_2008() -> None:
    settings = build_settings(ALLOWED_EMAIL_DOMAINS="straße.example", ADMIN_EMAILS="ann@bücher.example")
    assert settings.allowed_email_domains == {"xn--strae-oqa.example"}
    assert settings.admin_emails == {"ann@xn--bcher-kva.example"}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"ALLOWED_EMAIL_DOMAINS": "*.corp.example, corp.example"}, "corrected: ALLOWED_EMAIL_DOMAINS=corp.example"),
        ({"ALLOWED_EMAIL_DOMAINS": "ann@corp.example"}, "each entry must be a domain such as corp.example"),
        ({"ADMIN_EMAILS": "ann, bob@x.example"}, "corrected: ADMIN_EMAILS=bob@x.example"),
        ({"OPERATOR_EMAILS": "x.example"}, "each entry must be an address such as ann@corp.example"),
    ],
)
def test_entries_that_can_never_match_are_refused_with_the_corrected_line(changes: dict[str, str], line: str) -> None:
    (problem,) = list_problems(**changes)
    assert line in problem


@pytest.mark.parametrize("method", ["basic", "post"])
def test_client_authentication(method: str) -> None:
    assert build_settings(OIDC_TOKEN_AUTH=method).oidc_token_auth == method
    assert build_settings().oidc_token_auth is None


def test_private_key_jwt_needs_a_key_and_no_secret() -> None:
    key = "-----BEGIN PRIVATE " + "KEY-----\\nabc\\n-----END PRIVATE " + "KEY-----"
    settings = build_settings(OIDC_TOKEN_AUTH="private_key_jwt", OIDC_CLIENT_KEY=key, OIDC_CLIENT_SECRET="")
    assert "\nabc\n" in (settings.oidc_client_key or "")
    (missing,) = list_problems(OIDC_TOKEN_AUTH="private_key_jwt")
    assert missing == "OIDC_CLIENT_KEY is missing"


def test_claims_of_the_address_and_silent_sign_in() -> None:
    settings = build_settings(OIDC_EMAIL_CLAIM="mail, email", OIDC_SILENT="false")
    assert settings.oidc_email_claims == ("mail", "email")
    assert not settings.oidc_silent
    assert build_settings().oidc_silent
