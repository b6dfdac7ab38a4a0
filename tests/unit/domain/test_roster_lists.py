"""Reading lists of people: encodings, delimiters, columns, and the verdict on each line."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.roster_columns import detect_columns
from portal.domain.roster_file import ListUnreadable, detect_delimiter, read_file
from portal.domain.roster_lines import KnownEntry, LineChecker, RosterLine, Verdict
from portal.domain.team_names import TeamSpellings


def check_list(
    text: str | bytes, entries: dict[str, KnownEntry] | None = None, domains: tuple[str, ...] = ()
) -> list[RosterLine]:
    file = read_file(text.encode() if isinstance(text, str) else text)
    plan = detect_columns(file.rows)
    teams = TeamSpellings(entry.team for entry in (entries or {}).values() if entry.team)
    checker = LineChecker(plan.columns, entries or {}, domains, teams)
    return [checker.check_line(number, cells) for number, cells in (file.rows[1:] if plan.header else file.rows)]


def build_known_entry(**fields: object) -> KnownEntry:
    values = {"name": "Ann", "team": None, "employee_number": None, "due_on": None, "has_left": False}
    return KnownEntry(**(values | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_usual_encodings_are_read(encoding: str) -> None:
    [line] = check_list("E-Mail;Name;Abteilung\r\njoerg@corp.example;Jörg Groß;Köln\r\n".encode(encoding))
    assert (line.address, line.name, line.team) == ("joerg@corp.example", "Jörg Groß", "Köln")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("ann@corp.example\nbob@corp.example\n", ""),
        ("ann@corp.example,Ann\nbob@corp.example,Bob", ","),
        ('ann@corp.example;"Doe, Ann; Dr."\nbob@corp.example;Bob', ";"),
        ("ann@corp.example\tDoe, Ann\nbob@corp.example\tRoe, Bob", "\t"),
    ],
)
def test_delimiter_is_counted_outside_of_quotes(text: str, delimiter: str) -> None:
    assert detect_delimiter(text) == delimiter


def test_columns_are_recognized_by_their_names_in_any_order() -> None:
    [line] = check_list(
        "Pers.-Nr.;Nachname;Vorname;E-Mail-Adresse;Frist\n007;Haddad;Amira;Amira@Corp.example;11.12.2026\n"
    )
    assert (line.address, line.name) == ("amira@corp.example", "Amira Haddad")
    assert (line.employee_number, line.due_on) == ("007", date(2026, 12, 11))


def test_columns_without_names_are_found_by_their_addresses() -> None:
    lines = check_list("Misaki Satō, misaki@corp.example, Sales APAC\nBo Li, bo@corp.example, Finance\n")
    assert [(line.name, line.address, line.team) for line in lines] == [
        ("Misaki Satō", "misaki@corp.example", "Sales APAC"),
        ("Bo Li", "bo@corp.example", "Finance"),
    ]


@pytest.mark.parametrize(
    ("cell", "verdict", "reason"),
    [
        ("j.grossmann@meridian,example", Verdict.MALFORMED, "domain_malformed"),
        ("Sato Misaki", Verdict.MALFORMED, "no_address"),
        ('"=HYPERLINK(""http://x"")@corp.example"', Verdict.MALFORMED, "formula"),
        ("@corp.example", Verdict.MALFORMED, "formula"),
        ("jörg@corp.example", Verdict.MALFORMED, "address_letters"),
        ("ann@gmail.com", Verdict.OUTSIDE, "domain"),
        ("ann@corp.example", Verdict.KNOWN, ""),
        ("gone@corp.example", Verdict.RETURNING, "has_left"),
        ("Ann Li <new@corp.example>", Verdict.NEW, ""),
        ("mailto:new@corp.example", Verdict.NEW, ""),
    ],
)
def test_verdict_has_the_reason_a_line_is_skipped(cell: str, verdict: Verdict, reason: str) -> None:
    roster = {"ann@corp.example": build_known_entry(), "gone@corp.example": build_known_entry(has_left=True)}
    line = check_list(f"email\tteam\n{cell}\t\n", roster, ("corp.example",))[0]
    assert (line.verdict, line.reason) == (verdict, reason)


def test_second_line_with_an_address_is_a_duplicate_of_the_first() -> None:
    lines = check_list("email\nAnn@corp.example\nbob@corp.example\nann@CORP.example\n")
    assert [line.verdict for line in lines] == [Verdict.NEW, Verdict.NEW, Verdict.DUPLICATE]
    assert lines[2].duplicate_of == 2


def test_changes_name_the_fields_and_empty_cells_change_nothing() -> None:
    [line] = check_list(
        "email;name;team\nann@corp.example;;Sales\n", {"ann@corp.example": build_known_entry(team="Finance")}
    )
    assert (line.verdict, line.changes) == (Verdict.CHANGED, ("team",))


def test_column_of_leavers_marks_known_people() -> None:
    text = "email;left\nann@corp.example;2026-11-01\nnew@corp.example;yes\nbob@corp.example;no\n"
    lines = check_list(text, {"ann@corp.example": build_known_entry()})
    assert [line.verdict for line in lines] == [Verdict.LEAVING, Verdict.LEFT, Verdict.NEW]


@pytest.mark.parametrize(
    ("text", "due"),
    [("2026-12-11", date(2026, 12, 11)), ("12/11/2026", date(2026, 12, 11)), ("31/12/2026", date(2026, 12, 31))],
)
def test_due_dates_are_read(text: str, due: date) -> None:
    assert check_list(f"email;due\nann@corp.example;{text}\n")[0].due_on == due


def test_due_date_that_does_not_exist_is_malformed() -> None:
    assert check_list("email;due\nann@corp.example;2026-02-30\n")[0].reason == "date"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"%PDF-1.7\0\0binary\0" + b"x" * 200, "not_text"),
        (b"PK\x03\x04 not a zip", "spreadsheet"),
        (b'email,name\nann@corp.example,"never closed\n' + b"x" * 140_000, "quotes"),
        (b"ann@corp.example\n" * 50_001, "too_long"),
    ],
)
def test_unreadable_file_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ListUnreadable) as error:
        read_file(content)
    assert error.value.reason == reason


def test_spreadsheet_that_unpacks_to_too_much_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
        for number in range(3):
            parts.writestr(f"xl/{number}.xml", bytes(80_000_000))
    with pytest.raises(ListUnreadable, match="too_long"):
        read_file(packed.getvalue())


def build_workbook(rows: list[list[object]]) -> bytes:
    """Return a minimal XLSX file with inline strings and numbers."""

    def cell(value: object) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    sheet = "".join(f"<row>{''.join(cell(value) for value in row)}</row>" for row in rows)
    office = "http://schemas.openxmlformats.org"
    package, main = f"{office}/package/2006", f"{office}/spreadsheetml/2006/main"
    types = f"{office}/officeDocument/2006/relationships"
    target = 'Target="worksheets/sheet1.xml"'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{types}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{types}"><sheets>'
        '<sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{types}/worksheet" {target}/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, text in files.items():
            parts.writestr(name, text)
    return packed.getvalue()


def test_spreadsheet_is_read_with_numbers_as_displayed() -> None:
    content = build_workbook([["Email", "Employee ID"], ["ann@corp.example", 4711]])
    [line] = check_list(content)
    assert (line.address, line.employee_number) == ("ann@corp.example", "4711")


@given(st.binary(max_size=300))
def test_any_bytes_are_lines_or_a_reason(content: bytes) -> None:
    with suppress(ListUnreadable):
        assert all(line.verdict in Verdict for line in check_list(content))


def test_spelling_of_a_known_team_is_no_change() -> None:
    known = {"ann@corp.example": build_known_entry(team="Köln Vertrieb")}
    lines = check_list("email;team\nann@corp.example;KÖLN  vertrieb\nben@corp.example;köln vertrieb\n", known)
    assert [(line.verdict, line.team) for line in lines] == [
        (Verdict.KNOWN, "Köln Vertrieb"),
        (Verdict.NEW, "Köln Vertrieb"),
    ]
