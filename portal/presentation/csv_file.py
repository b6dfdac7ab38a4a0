"""Tables as CSV files (RFC 4180) that a spreadsheet opens as text: no cell of theirs can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

Cell = str | int | None

# Spreadsheets take what begins like this for a formula, or strip it and look at what follows.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Without this mark Excel reads UTF-8 as something else, and names lose their accents.
_MARK = "\ufeff"


def lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the file line by line; a text that begins like a formula gets an apostrophe in front."""
    yield _MARK + _line(header)
    for row in rows:
        yield _line(row)


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Answer with a file that is made while it is sent.

    Args:
        name: of the file, without its ending, in plain ASCII letters.
        header: of the columns.
        rows: may ask the database; they are read inside the request.
    """
    response = Response(stream_with_context(lines(header, rows)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _line(cells: Sequence[Cell]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_safe(cell) for cell in cells])
    return written.getvalue()


def _safe(cell: Cell) -> str | int:
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
