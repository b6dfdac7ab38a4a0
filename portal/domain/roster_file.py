"""Reading a list of people from text, CSV or a spreadsheet: encoding, delimiter and rows of cells."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

MAX_BYTES = 10_000_000
MAX_LINES = 50_000
MAX_CELL_CHARS = 1000
# Of a spreadsheet's parts after decompression.
_MAX_UNPACKED_BYTES = 200_000_000
_SPREADSHEET_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DELIMITERS = ("\t", ";", ",")
_SAMPLE_LINES = 30
# More than this share of NUL bytes is UTF-16 without a byte order mark.
_UTF16_SHARE = 0.3

Row = tuple[int, list[str]]


class ListUnreadable(Exception):
    """The file is not a list of people; ``reason`` is a constant, ``line`` the place if it has one."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        self.reason = reason
        self.line = line
        super().__init__(reason)


@dataclass(frozen=True)
class RosterFile:
    """A decoded list.

    Attributes:
        kind: ``text`` or ``spreadsheet``.
        encoding: name of the encoding of a text, empty for a spreadsheet.
        delimiter: what separates the cells of a text; empty if each line is one cell.
        rows: line number, from 1, and cells of each row that is not empty.
    """

    kind: str
    encoding: str
    delimiter: str
    rows: list[Row]


def read_file(content: bytes) -> RosterFile:
    """Decode a list.

    Raises:
        ListUnreadable: it is empty, too long, or neither text nor a spreadsheet.
    """
    if content.startswith(_SPREADSHEET_STARTS):
        found = RosterFile("spreadsheet", "", "", list(_clean_rows(_iterate_spreadsheet(content))))
    else:
        text, encoding = decode_text(content)
        delimiter = detect_delimiter(text)
        found = RosterFile("text", encoding, delimiter, list(_clean_rows(_iterate_text(text, delimiter))))
    if not found.rows:
        raise ListUnreadable("empty")
    return found


def decode_text(content: bytes) -> tuple[str, str]:
    """Return the text and the name of its encoding: UTF-16 or UTF-8 where it is one, else Windows-1252.

    Raises:
        ListUnreadable: it is not text.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_utf16(content, "utf-16")
    if b"\0" in content:
        if content.count(b"\0") < len(content) * _UTF16_SHARE:
            raise ListUnreadable("not_text")
        return _decode_utf16(content, "utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "cp1252"


def _decode_utf16(content: bytes, encoding: str) -> tuple[str, str]:
    try:
        return content.decode(encoding), "utf-16"
    except UnicodeDecodeError:
        raise ListUnreadable("not_text") from None


def detect_delimiter(text: str) -> str:
    """Return the delimiter that stands outside of quotes in most of the first lines; empty if none does.

    ``csv.Sniffer`` is not used: it takes a letter for the delimiter of a list with one column.
    """
    lines: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for line in _iterate_sample(text):
        unquoted = "".join(line.split('"')[::2])
        for delimiter in _DELIMITERS:
            found = unquoted.count(delimiter)
            lines[delimiter] += found > 0
            total[delimiter] += found
    best = max(_DELIMITERS, key=lambda delimiter: (lines[delimiter], total[delimiter]))
    return best if lines[best] else ""


def _iterate_sample(text: str) -> Iterator[str]:
    sample = (line for line in io.StringIO(text) if line.strip())
    for _, line in zip(range(_SAMPLE_LINES), sample, strict=False):
        yield line


def _iterate_text(text: str, delimiter: str) -> Iterator[Row]:
    if not delimiter:
        yield from ((number, [line]) for number, line in enumerate(text.splitlines(), 1))
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    number = 1
    try:
        for cells in reader:
            yield number, cells
            number = reader.line_num + 1
    except csv.Error:
        raise ListUnreadable("quotes", number) from None


def _iterate_spreadsheet(content: bytes) -> Iterator[Row]:
    try:
        if content.startswith(b"PK"):
            _check_unpacked_size(content)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
    except PasswordError:
        raise ListUnreadable("password") from None
    except (CalamineError, zipfile.BadZipFile, OSError, IndexError, ValueError):
        raise ListUnreadable("spreadsheet") from None
    start = sheet.start[0] if sheet.start else 0
    for number, cells in enumerate(sheet.iter_rows(), start + 1):
        yield number, [_render_cell(cell) for cell in cells]


def _check_unpacked_size(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        if sum(part.file_size for part in parts.infolist()) > _MAX_UNPACKED_BYTES:
            raise ListUnreadable("too_long")


def _render_cell(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        # Spreadsheets keep every number as a float; an employee number has no decimal point.
        return str(int(cell))
    return str(cell)


def _clean_rows(rows: Iterable[Row]) -> Iterator[Row]:
    count = 0
    for number, cells in rows:
        cleaned = [cell.replace("\0", "").strip()[:MAX_CELL_CHARS] for cell in cells]
        if any(cleaned):
            count += 1
            if count > MAX_LINES:
                raise ListUnreadable("too_long")
            yield number, cleaned
