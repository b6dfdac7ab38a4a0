"""Tables as files: every cell comes out as it went in, and none is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from babel import Locale
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from portal.presentation import csv_file
from portal.web.csv_response import build_csv_response

cells = st.one_of(st.none(), st.integers(), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8))


def render_rows(*rows: list[csv_file.Cell]) -> str:
    return "".join(csv_file.render_csv(["a", "b"], rows))


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("plain", "plain,x"),
        ("a,b", '"a,b",x'),
        ('say "so"', '"say ""so""",x'),
        ("two\r\nlines", '"two\r\nlines",x'),
        ("two\nlines", '"two\nlines",x'),
        ("", ",x"),
        (None, ",x"),
        (-5, "-5,x"),
        ("Zoë Łuk", "Zoë Łuk,x"),
    ],
)
def test_quotes_are_those_of_the_standard(cell: csv_file.Cell, line: str) -> None:
    assert render_rows([cell, "x"]) == f"\ufeffa,b\r\n{line}\r\n"


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
@pytest.mark.asvs("A27")
def test_no_text_becomes_a_formula(begins: str) -> None:
    cell = f"{begins}HYPERLINK(1)"
    [_header, row] = csv.reader(io.StringIO(render_rows([cell, f"x{cell}"]), newline=""))
    assert row == [f"'{cell}", f"x{cell}"]


@pytest.mark.parametrize("read_with", [",", ";", "\t"])
@pytest.mark.parametrize("written_with", [",", ";"])
@pytest.mark.parametrize(
    "cell",
    ["Ann;=1+1;", "Ann,=1+1,", "Ann\t=1+1", "Ann; =1+1", 'Ann";=1+1', "Ann\n=1+1", "Ann;＝1+1", "\n=1+1", "a;b;-1"],
)
def test_no_part_of_a_cell_becomes_a_formula_with_another_separator(
    cell: str, written_with: str, read_with: str
) -> None:
    text = "".join(csv_file.render_csv(["a", "b"], [["x", cell], [cell, "y"]], separator=written_with))
    for line in text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"):
        # As a program reads it that takes every one of its separators for one, quoted or not.
        for part in line.split(read_with):
            assert not part.strip().lstrip('"').strip().startswith(("=", "+", "-", "@", "＝")), line


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("de", ";"), ("fr", ";"), ("ja", ",")])
def test_the_separator_is_what_spreadsheets_of_the_language_expect(language: str, separator: str) -> None:
    assert csv_file.choose_separator(Locale(language)) == separator


@given(st.lists(st.tuples(cells, cells), max_size=4))
def test_csv_cell_content_stays_in_its_cell(rows: list[tuple[csv_file.Cell, csv_file.Cell]]) -> None:
    read = list(csv.reader(io.StringIO(render_rows(*[list(row) for row in rows]), newline="")))
    assert len(read) == len(rows) + 1
    for row, found in zip(rows, read[1:], strict=True):
        assert [one.replace("'", "") for one in found] == [
            "" if one is None else str(one).replace("'", "") for one in row
        ]


def test_audit_csv_is_streamed_and_not_cached() -> None:
    app = Flask("t")
    Babel(app)
    made: list[int] = []

    def rows() -> Iterator[list[csv_file.Cell]]:
        for number in range(3):
            made.append(number)
            yield [number, "x"]

    with app.test_request_context():
        response = build_csv_response("people-2026", ["a", "b"], rows())
        assert made == []
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert response.headers["Content-Disposition"] == 'attachment; filename="people-2026.csv"'
        assert response.headers["Cache-Control"] == "no-store"
        assert response.get_data(as_text=True) == "\ufeffa,b\r\n0,x\r\n1,x\r\n2,x\r\n"
