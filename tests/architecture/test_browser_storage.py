"""What the code stores in browsers is what docs/privacy/cookies.md lists, by the same names and for as long."""

from __future__ import annotations

import re
from datetime import timedelta

from portal.web.locales import TIME_ZONE_COOKIE
from portal.web.security import cookies
from tests.architecture.code import ROOT, list_python_files

PAGE = (ROOT / "docs/privacy/cookies.md").read_text(encoding="utf-8")
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "static/js").rglob("*.js")}
PERIODS = {timedelta(minutes=10): "10 minutes", timedelta(days=30): "30 days", timedelta(days=365): "1 year"}


def list_rows(*, columns: int) -> list[list[str]]:
    """Return the rows of the page's table with this number of columns."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]
    return [row for row in rows if len(row) == columns and row[0].startswith("`")]


def list_cookies() -> set[str]:
    """Return the names that the code gives its cookies, without their prefix."""
    return {value for key, value in vars(cookies).items() if key.isupper() and isinstance(value, str)}


def test_table_has_each_cookie_by_both_names() -> None:
    names = {
        f"`{cookies.build_cookie_name(name, is_secure=True)}` (`{cookies.build_cookie_name(name, is_secure=False)}`)"
        for name in list_cookies()
    }
    assert {row[0] for row in list_rows(columns=4)} == {*names, f"`{TIME_ZONE_COOKIE}`"}
    assert len(names) == 7


def test_table_has_the_lifetime_of_each_cookie() -> None:
    assert cookies.LIFETIMES.keys() == list_cookies() - {cookies.SESSION}
    listed = {row[0].split("`")[1]: row[2] for row in list_rows(columns=4)}
    for name, lifetime in cookies.LIFETIMES.items():
        assert listed[cookies.build_cookie_name(name, is_secure=True)] == PERIODS[lifetime], name
    assert listed[TIME_ZONE_COOKIE] == "1 year"
    assert "YEAR_S = 365 * DAY_S" in SCRIPTS["times.js"]
    assert "max-age=${YEAR_S}" in SCRIPTS["times.js"]


def test_cookies_are_set_in_the_listed_places_alone() -> None:
    portal = {path.relative_to(ROOT / "portal") for path in list_python_files("portal")}
    setting = {str(path) for path in portal if ".set_cookie(" in (ROOT / "portal" / path).read_text(encoding="utf-8")}
    assert setting == {"web/pages/language.py", "web/security/cookies.py", "web/security/sessions.py"}
    assert [name for name, text in SCRIPTS.items() if re.search(r"document\.cookie = ", text)] == ["times.js"]


def test_table_has_each_entry_that_scripts_store() -> None:
    storing = {name: text for name, text in SCRIPTS.items() if "localStorage" in text}
    stored = {match for text in storing.values() for match in re.findall(r'const STORED = "([\w-]+)"', text)}
    assert len(stored) == len(storing) == 3
    assert {row[0].strip("`") for row in list_rows(columns=3)} == stored
    for text in storing.values():
        keys = re.findall(r"localStorage\.\w+\(([\w\"'-]+)", text)
        assert set(keys) == {"STORED"}
    others = re.compile(r"sessionStorage|indexedDB|caches\.|serviceWorker|navigator\.storage")
    assert [name for name, text in SCRIPTS.items() if others.search(text)] == []
