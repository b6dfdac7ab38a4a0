"""What people read: their language, both parts the same, one link into the portal, and no secret."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest
from html5lib import HTMLParser

from portal.presentation.mail_templates import MailWriter
from portal.services.due_notifications import DueNotification, NotificationKind
from tests.factories import NOW, make_person
from tests.integration.mail.conftest import SUPPORT, Office, get_parts

LINKS = re.compile(r"https?://[^\s\"'<>]+")
PAGES = {
    NotificationKind.READY: "/headshots",
    NotificationKind.LINK_PROBLEM: "/headshots",
    NotificationKind.CREDITS_BACK: "/start",
    NotificationKind.LINK_LOST: "/admin/health",
    NotificationKind.OUT_OF_CREDITS: "/admin/health",
    NotificationKind.LOW_CREDITS: "/admin/account",
    NotificationKind.STUCK: "/admin/health",
    NotificationKind.LINK_REPORTED: "/admin/links",
    NotificationKind.START_REFUSED: "/admin/links",
    NotificationKind.LINK_RESOLVED: "/start",
    NotificationKind.INVITATION: "/start",
    NotificationKind.INVITATION_TEST: "/start",
    NotificationKind.REMINDER: "/start",
    NotificationKind.DIGEST: "/team",
}
# The logo, and the namespace that the HTML part declares.
NOT_LINKS = {"https://headshots.acme.example/brand/tile.png", "http://www.w3.org/1999/xhtml"}


@pytest.mark.parametrize(
    ("locale", "subject", "text_parts"),
    [
        (
            "en",
            "Your headshots are ready · Acme",
            ["Hi Ada Lovelace,", "all your headshots are here", "Acme will use"],
        ),
        ("de", "Ihre Porträts sind fertig · Acme", ["Guten Tag Ada Lovelace,", "alle Ihre Porträts sind da", "Acme"]),
    ],
)
def test_in_the_language_of_the_person(office: Office, locale: str, subject: str, text_parts: list[str]) -> None:
    person = make_person("ada@example.com", name="Ada Lovelace", locale=locale)
    office.finish(person)
    office.worked_example.clock.advance(minutes=3)
    office.deliver()
    [got] = office.post.to("ada@example.com")
    assert got["Subject"] == subject
    assert got["To"] == "Ada Lovelace <ada@example.com>"
    assert got["From"] == "Acme <portal@acme.example>"
    assert got["Reply-To"] == SUPPORT
    assert got["Content-Language"] == locale
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Date"].datetime == office.worked_example.clock.now
    [(notice_id,)] = office.worked_example.query("SELECT id FROM notices")
    assert got["Message-ID"] == f"<{notice_id}@acme.example>"
    for part in get_parts(got):
        assert all(each in part for each in text_parts)
        assert set(LINKS.findall(part)) - NOT_LINKS == {"https://headshots.acme.example/headshots"}


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("kind", NotificationKind)
def test_every_mail_has_equal_text_and_html_content(office: Office, kind: NotificationKind, locale: str) -> None:
    portal = office.worked_example.portal
    due = DueNotification(make_person().id, kind, "x@example.com", "Ada", locale, "theirs-1")
    message = MailWriter(portal.settings, "The Studio", portal.clock).render(due)
    # Neither part may have a mistake a browser would have to guess about.
    document = HTMLParser(strict=True, namespaceHTMLElements=False).parse(message.html)
    assert document.get("lang") == locale
    shown = " ".join(" ".join(document.itertext()).split())
    for line in filter(None, (each.strip() for each in message.text.splitlines())):
        if line != "--" and not LINKS.match(line):
            assert line.removesuffix(":") in shown
    page = f"https://headshots.acme.example{PAGES[kind]}"
    assert [link.get("href") for link in document.iter("a")] == [page]
    assert LINKS.findall(message.text) == [page]
    assert "{" not in message.text
    assert "\n\n\n" not in message.text


def test_languages_differ(office: Office) -> None:
    portal = office.worked_example.portal
    for kind in NotificationKind:
        texts = {
            MailWriter(portal.settings, "S", portal.clock)
            .render(DueNotification(make_person().id, kind, "x@example.com", "Ada", locale, None))
            .text
            for locale in ("en", "de")
        }
        assert len(texts) == 2, kind


def test_removed_language_falls_back_to_english(office: Office) -> None:
    office.finish(make_person("ada@example.com", locale="fr"))
    office.deliver()
    [got] = office.post.to("ada@example.com")
    assert got["Subject"].startswith("Your headshots")
    assert got["Content-Language"] == "en"


def test_hostile_names_stay_names(office: Office) -> None:
    name = "Ada\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>"
    office.finish(make_person("ada@example.com", name=name))
    office.deliver()
    [got] = office.post.received
    assert "Bcc" not in got
    assert office.post.envelopes[0].rcpt_tos == ["ada@example.com"]
    text, html = get_parts(got)
    assert "<script" not in html
    assert "Hi Ada Bcc: eve@example.com <script>alert(1)</script>," in text


def test_nothing_private_is_logged(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    office.post.refusals["bob.canary@example.com"] = "550 no bob.canary here"
    office.finish(make_person("ada.canary@example.com", name="Ada Canary"))
    office.finish(make_person("bob.canary@example.com", name="Bob Canary"))
    office.deliver()
    office.close()
    office.finish(make_person("eve.canary@example.com", name="Eve Canary"))
    office.worked_example.work(limit=2)
    assert "mail.dropped" in caplog.text
    assert "job.retry_scheduled" in caplog.text
    own = [record for record in caplog.records if record.name != "mail.log"]  # that is the server's own
    output = "".join(str(vars(record)) for record in own)
    assert "canary" not in output.casefold()
    assert "are ready" not in output


def test_the_studio_link_is_in_no_mail(office: Office) -> None:
    person = make_person("ada@example.com")
    shoot = office.finish(person)
    sealed = office.worked_example.portal.secretbox.seal("https://studio.example/auth?token=canary")
    office.worked_example.query(
        "UPDATE shoots SET signed_url = %(sealed)s WHERE id = %(id)s", sealed=sealed, id=shoot.id
    )
    office.deliver()
    [got] = office.post.received
    assert "canary" not in "".join(get_parts(got))
    assert "studio.example" not in "".join(get_parts(got))


@pytest.mark.parametrize("address", ["not an address", "help@acme.example\nBcc: x@example.com"])
def test_invalid_support_email_fails_startup(make_office: Callable[..., Office], address: str) -> None:
    with pytest.raises(Exception, match="SUPPORT_EMAIL"):
        make_office(support_email=address)


def test_dates_are_the_portals(office: Office) -> None:
    office.finish()
    office.deliver()
    assert office.post.received[0]["Date"].datetime == NOW
