"""CSV files (RFC 4180) that a spreadsheet opens as text: no cell can become a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from babel import Locale
from babel.numbers import get_decimal_symbol

Cell = str | int | None

# Spreadsheets evaluate a cell that begins with one of these, also in full width. A program that expects another
# separator than the file's begins new cells inside of it: after separators, line ends and quotation marks.
_FORMULA_START = re.compile(r"""(^|[;,|"\t\r\n])(?=\s*[=+\-@＝＋－＠])""")
# These are stripped from the beginning of a cell before it is evaluated.
_STRIPPED = ("\t", "\r", "\n")
# Byte order mark: without it Excel does not read the file as UTF-8.
_BYTE_ORDER_MARK = "\ufeff"


def choose_separator(locale: Locale) -> str:
    """Return the separator that spreadsheets expect in a language: a semicolon where the comma is the decimal sign."""
    return ";" if get_decimal_symbol(locale) == "," else ","


def render_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, separator: str = ",") -> Iterator[str]:
    """Yield the file line by line; text that could be taken for a formula gets an apostrophe in front of it."""
    yield _BYTE_ORDER_MARK + _line(header, separator)
    for row in rows:
        yield _line(row, separator)


def _line(cells: Sequence[Cell], separator: str) -> str:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator="\r\n")
    writer.writerow([_guard(cell) for cell in cells])
    return written.getvalue()


def _guard(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return cell
    guarded = _FORMULA_START.sub(r"\1'", cell)
    return f"'{guarded}" if guarded.startswith(_STRIPPED) else guarded
