"""CSV files (RFC 4180) that a spreadsheet opens as text: no cell can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

Cell = str | int | None

# Spreadsheets evaluate a cell that begins with one of these, or strip it and evaluate the rest.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Byte order mark: without it Excel does not read the file as UTF-8.
_BYTE_ORDER_MARK = "\ufeff"


def render_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the file line by line; text that begins like a formula gets an apostrophe in front."""
    yield _BYTE_ORDER_MARK + _line(header)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[Cell]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_safe(cell) for cell in cells])
    return written.getvalue()


def _safe(cell: Cell) -> str | int:
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
