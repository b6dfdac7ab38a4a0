"""One mail as it leaves the house: its parts and its headers; it opens no connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage as MimeMessage
from email.utils import parseaddr

from portal.mail.errors import MailRefused

# Seven bits and folded lines: every server takes that, whatever it announces.
_POLICY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, kw_only=True, repr=False)
class EmailMessage:
    """A mail to one person.

    Attributes:
        id: stays the same when the same mail is sent again, so that programs can tell.
        to: the address, and ``to_name`` whom it belongs to; empty when nobody is named.
        sent_at: the date it shows, UTC-aware.
        language: of all its words, such as ``de``.
        text: the plain part; ``html`` says the same.
        reply_to: where answers go, None for the sender.
    """

    id: str
    to: str
    to_name: str
    subject: str
    text: str
    html: str
    language: str
    sent_at: datetime
    reply_to: str | None = None

    def __repr__(self) -> str:
        """Name the message without anything private."""
        return f"Message(id={self.id!r})"


def strip_to_line(text: str) -> str:
    """Return ``text`` without anything that could end or hide a line: controls, line and direction marks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def parse_address(text: str, *, name: str = "") -> Address:
    """Return ``Somebody <who@example.com>`` or a bare address as an address; ``name`` if it holds none.

    Raises:
        ValueError: it is no address; the text is not repeated.
    """
    said, found = parseaddr(text)
    local, at, domain = found.rpartition("@")
    # Hardly any server carries other letters before the @; the domain has its own spelling for them.
    if (
        not (local and at and domain)
        or not local.isascii()
        or strip_to_line(text) != text.strip()
        or any(letter.isspace() for letter in found)
    ):
        raise ValueError("Not a mail address")
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode()
        return Address(strip_to_line(said or name), addr_spec=f"{local}@{host}")
    except (HeaderParseError, UnicodeError, ValueError, IndexError):
        raise ValueError("Not a mail address") from None


def build_mime_message(message: EmailMessage, sender: Address) -> MimeMessage:
    """Return the mail as it goes over the wire.

    Raises:
        MailRefused: the recipient's address is none.
    """
    try:
        recipient = parse_address(message.to)
    except ValueError:
        raise MailRefused("address") from None
    email = MimeMessage(policy=_POLICY)
    email["From"] = sender
    email["To"] = Address(strip_to_line(message.to_name), addr_spec=recipient.addr_spec)
    if message.reply_to is not None:
        email["Reply-To"] = parse_address(message.reply_to)
    email["Subject"] = strip_to_line(message.subject)
    email["Date"] = message.sent_at
    email["Message-ID"] = f"<{message.id}@{sender.domain}>"
    # Nobody's holiday notice has to answer a program.
    email["Auto-Submitted"] = "auto-generated"
    email["X-Auto-Response-Suppress"] = "All"
    email.set_content(message.text)
    email.add_alternative(message.html, subtype="html")
    # Last: what is said about the content before there are two parts goes to the first of them.
    email["Content-Language"] = message.language
    return email
