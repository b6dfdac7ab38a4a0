"""Bad lists on the console's import page: too large, oddly encoded, with formulas; each is clear and loses nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.db import db
from portal.models.people import Person
from portal.models.roster import RosterEntry
from portal.models.roster_imports import RosterImport
from portal.services import roster_imports as imports
from portal.web.context import get_context
from tests import factories
from tests.integration.web_pages.conftest import Visitor

PATH = "/admin/roster/import"
LIST = "E-Mail;Name;Team\njörg@example.com;Jörg Großmann;Küche\nann@example.com;Ann;Sales\n"


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    """An admin."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def upload_list(admin: Visitor, content: bytes, name: str = "list.csv") -> UUID:
    """Upload a list and have it checked; return the id of the import."""
    response = admin.press(PATH, file=(io.BytesIO(content), name))
    assert response.status_code == 303, response.text
    import_id = UUID(response.location.rsplit("/", 1)[1])
    imports.read_import(import_id, get_context())
    return import_id


def close_upload(response: TestResponse) -> None:
    """Close the file in which the test client keeps a large request."""
    response.request.environ["wsgi.input"].close()


def count_rows(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_list_of_50_megabytes_is_refused_before_it_is_read(admin: Visitor) -> None:
    content = b"someone@example.com\n" * 2_500_000
    response = admin.press(PATH, file=(io.BytesIO(content), "list.csv"))
    close_upload(response)
    assert response.status_code == 413
    assert "Up to 10 MB can be sent here at once. Nothing was stored." in response.text
    assert count_rows(RosterImport) == 0


def test_list_just_too_large_keeps_what_was_pasted(admin: Visitor) -> None:
    content = b"someone@example.com\n" * 510_000
    response = admin.press(PATH, file=(io.BytesIO(content), "list.csv"), pasted="ann@example.com")
    close_upload(response)
    assert response.status_code == 413
    assert "This file is larger than 10 MB." in response.text
    assert "ann@example.com" in response.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_usual_encodings_show_the_names_as_they_are(admin: Visitor, encoding: str) -> None:
    import_id = upload_list(admin, LIST.encode(encoding))
    page = admin.page(f"{PATH}/{import_id}")
    assert "Jörg Großmann" in page.text
    assert "Küche" in page.text


def test_formulas_are_names_and_stay_text_in_every_csv(admin: Visitor) -> None:
    import_id = upload_list(
        admin, b'email,name\nann@example.com,"=HYPERLINK(""http://evil.example"")"\n@example.com,+1+1\n'
    )
    assert "=HYPERLINK" in admin.page(f"{PATH}/{import_id}").text
    lines = admin.get(f"{PATH}/{import_id}/lines.csv").text
    cells = [cell for row in csv.reader(io.StringIO(lines)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_ten_thousand_wrong_lines_are_counted_and_paged(admin: Visitor) -> None:
    import_id = upload_list(admin, b"email\n" + b"".join(f"wrong {number}\n".encode() for number in range(10_000)))
    found = db.session.get_one(RosterImport, import_id)
    assert (found.state, found.counts.get("new", 0), found.line_count) == ("ready", 0, 10_000)
    page = admin.page(f"{PATH}/{import_id}")
    assert "10,000" in page.text
    assert len(page.all("tr")) < 200
    assert len(admin.get(f"{PATH}/{import_id}/lines.csv").text.splitlines()) > 10_000
    assert count_rows(RosterEntry) == 0


def test_file_that_is_no_list_is_refused_with_a_next_step(admin: Visitor) -> None:
    import_id = upload_list(admin, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "photo.png")
    page = admin.page(f"{PATH}/{import_id}")
    assert page.link("Upload another list") == PATH
