"""One mail as it is sent: both parts, its headers, and no header from a name."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage as MimeMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.mail import EmailMessage, MailRefused, parse_address
from portal.mail.message import build_mime_message

SENDER = parse_address("Acme <portal@acme.example>")
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HEADERS = {
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
}


def build_message(**fields: str) -> EmailMessage:
    values = {
        "id": "notice-1",
        "to": "ada@example.com",
        "to_name": "Ada Lovelace",
        "subject": "Your headshots are ready",
        "text": "Schöne Grüße\n",
        "html": "<p>Schöne Grüße</p>",
        "language": "de",
        "reply_to": "help@acme.example",
    }
    return EmailMessage(**(values | fields), sent_at=AT)


def serialize_and_parse(given: EmailMessage) -> MimeMessage:
    raw = build_mime_message(given, SENDER).as_bytes()
    assert raw.isascii(), "a server may take seven bits only"
    assert max(map(len, raw.splitlines())) < 998
    return email.message_from_bytes(raw, policy=policy.default)


def test_both_parts_and_every_header() -> None:
    got = serialize_and_parse(build_message())
    assert set(got.keys()) == HEADERS
    assert got["From"] == "Acme <portal@acme.example>"
    assert got["To"] == "Ada Lovelace <ada@example.com>"
    assert got["Reply-To"] == "help@acme.example"
    assert got["Date"].datetime == AT
    assert got["Message-ID"] == "<notice-1@acme.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    text, html = got.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().strip() == "Schöne Grüße"
    assert html.get_content().strip() == "<p>Schöne Grüße</p>"


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_and_no_subject_adds_a_header(name: str, subject: str) -> None:
    got = serialize_and_parse(build_message(to_name=name, subject=subject))
    assert set(got.keys()) == HEADERS
    assert len(got.keys()) == len(HEADERS)
    assert [each.addr_spec for each in got["To"].addresses] == ["ada@example.com"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x00"])
def test_line_ends_in_a_name_become_spaces(end: str) -> None:
    got = serialize_and_parse(build_message(to_name=f"Ada{end}Bcc: eve@example.com", subject=f"Hi{end}X-Evil: yes"))
    assert "Bcc" not in got
    assert "X-Evil" not in got
    assert got["Subject"] == "Hi X-Evil: yes"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@example.com",
        "ädä@example.com",
        "ada@",
        "a@b@c d",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@ex\nample.com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(MailRefused) as refusal:
        build_mime_message(build_message(to=address), SENDER)
    assert str(refusal.value) == "address"


def test_foreign_domains_are_written_in_ascii() -> None:
    assert serialize_and_parse(build_message(to="ada@büro.example"))["To"].addresses[0].domain == "xn--bro-hoa.example"


def test_a_message_shows_nothing_private() -> None:
    assert repr(build_message()) == "EmailMessage(id='notice-1')"


def test_an_address_without_a_name_gets_one() -> None:
    assert str(parse_address("portal@acme.example", name="Acme")) == "Acme <portal@acme.example>"
    assert str(parse_address("Fotos <portal@acme.example>", name="Acme")) == "Fotos <portal@acme.example>"
