"""CSV downloads, streamed row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Response, stream_with_context
from flask_babel import get_locale

from portal.presentation import csv_file


def build_csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[csv_file.Cell]]) -> Response:
    """Build a download that is generated while it is sent.

    Args:
        name: file name without extension, in plain ASCII letters.
        header: column names.
        rows: may query the database; they are read inside the request context.
    """
    locale = get_locale()
    separator = csv_file.choose_separator(locale) if locale else ","
    lines = csv_file.render_csv(header, rows, separator=separator)
    response = Response(stream_with_context(lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response
