"""The table beside each chart holds the numbers that the chart draws, and is within reach of keyboards."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest
from flask_babel import force_locale

from demo.crowd import create_campaign_people
from portal.db import db, transaction
from portal.models import credits as stored_credits
from portal.models.people import Person
from portal.presentation import chart_scale
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document, get_text

HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
# Coordinates have two decimals: of a top of 200 that is a fiftieth.
TOLERANCE = 0.02


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def find_chart(page: Document, name: str) -> Element:
    return next(each for each in page.root.iter(f"{SVG}svg") if each.get("aria-labelledby", "").startswith(f"{name}-"))


def list_rows(page: Document, name: str) -> tuple[list[date], list[list[int]]]:
    """Return the days and the columns of the table that follows a chart, the oldest day first."""
    [parent] = [each for each in page.root.iter() if find_chart(page, name) in list(each)]
    table = next(parent[list(parent).index(find_chart(page, name)) + 1].iter(f"{HTML}table"))
    rows = [row for row in table.iter(f"{HTML}tr") if next(row.iter(f"{HTML}td"), None) is not None][::-1]
    numbers = [[int(get_text(cell).replace(",", "")) for cell in row.iter(f"{HTML}td")] for row in rows]
    days = [date.fromisoformat(next(row.iter(f"{HTML}time")).get("datetime", "")) for row in rows]
    return days, [list(column) for column in zip(*numbers, strict=True)]


def get_top(chart: Element) -> int:
    """Return the highest number at the chart's grid: the value of its upper edge."""
    texts = [get_text(each) for each in chart.iter(f"{SVG}text") if each.get("x") == "0"]
    return max(int(text.replace(",", "")) for text in texts)


def read_line(chart: Element, kind: str) -> tuple[list[float], list[float]]:
    """Return the places in percent and the values of the points of a line."""
    [line] = [each for each in chart.iter(f"{SVG}polyline") if each.get("class") == f"line-{kind}"]
    points = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
    return [x for x, _y in points], [(100 - y) * get_top(chart) / 100 for _x, y in points]


def check_line(chart: Element, kind: str, days: list[date], column: list[int]) -> None:
    """Check that a line has a point for each row: the row's number, at the place of its day."""
    places, values = read_line(chart, kind)
    assert values == pytest.approx(column, abs=TOLERANCE * get_top(chart) / 100 + 0.001)
    lengths = [(later - earlier).days for earlier, later in pairwise(days)]
    steps = [later - earlier for earlier, later in pairwise(places)]
    per_day = sum(steps) / sum(lengths)
    assert steps == pytest.approx([length * per_day for length in lengths], abs=0.03)


@pytest.mark.parametrize("people", [40, 300])
def test_table_of_the_board_holds_the_points_of_its_chart(admin: Visitor, people: int) -> None:
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    create_campaign_people(url, people, provider="profilebakery", now=NOW)
    page = admin.page("/admin/")
    chart = find_chart(page, "progress")
    days, (signed_in, chosen) = list_rows(page, "progress")
    assert len(days) > 2
    assert chosen[-1] > 0
    assert signed_in[-1] > chosen[-1]
    check_line(chart, "second", days, signed_in)
    check_line(chart, "main", days, chosen)
    # The sentence that screen readers get ends with the last row.
    assert f"{signed_in[-1]} people signed in and {chosen[-1]} chose" in get_text(page.by_id("progress-finding"))


def test_table_of_the_credits_holds_the_points_of_their_curve(admin: Visitor) -> None:
    with transaction():
        for days, balance in enumerate((40, 61, 70)):
            stored_credits.store_balance(Decimal(balance), now=NOW - timedelta(days=days))
    page = admin.page("/admin/account")
    days, (left,) = list_rows(page, "credits")
    assert left == [70, 61, 40]
    check_line(find_chart(page, "credits"), "main", days, left)


def test_table_of_the_calls_holds_the_bars(admin: Visitor) -> None:
    for number in range(7):
        factories.record_call(at=NOW - timedelta(days=number % 3), status=429 if number == 4 else 200)
    page = admin.page("/admin/account")
    days, (calls, limited) = list_rows(page, "usage")
    assert calls[-4:] == [0, 2, 2, 3]
    assert limited[-4:] == [0, 0, 1, 0]
    assert [(later - earlier).days for earlier, later in pairwise(days)] == [1] * (len(days) - 1)
    chart = find_chart(page, "usage")
    bars = [each for each in chart.iter(f"{SVG}rect") if each.get("class") == "chart-bar"]
    heights = [float(bar.get("height", "")) for bar in bars]
    assert heights == pytest.approx([120 * count / get_top(chart) for count in calls], abs=0.06)


@pytest.mark.parametrize(
    ("path", "name"), [("/admin/", "progress"), ("/admin/account", "usage"), ("/admin/account", "credits")]
)
def test_long_table_beside_a_chart_has_a_name_and_a_stop_for_the_tab_key(admin: Visitor, path: str, name: str) -> None:
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    create_campaign_people(url, 40, provider="profilebakery", now=NOW)
    factories.record_call()
    with transaction():
        for days in range(2):
            stored_credits.store_balance(Decimal(40 + days), now=NOW - timedelta(days=days))
    page = admin.page(path)
    [region] = [each for each in page.all("div") if each.get("aria-label") == get_text(page.by_id(f"{name}-title"))]
    assert (region.get("role"), region.get("tabindex")) == ("region", "0")
    headers = list(region.iter(f"{HTML}th"))
    assert {each.get("scope") for each in headers} == {"col", "row"}
    assert re.match(r"Day", get_text(headers[0]))
    identifiers = [each.get("id") for each in page.root.iter() if each.get("id")]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize(("language", "day"), [("en", "Nov 14"), ("de", "14. Nov.")])
def test_days_below_a_chart_are_in_the_order_of_the_language(context: None, language: str, day: str) -> None:
    with force_locale(language):
        assert chart_scale.build_ticks(date(2026, 11, 14), 28)[0] == (0.0, day)
