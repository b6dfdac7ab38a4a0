"""One e-mail and its MIME message with headers; this module opens no connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage as MimeMessage
from email.utils import parseaddr

from portal.mail.errors import MailRefused

# Seven bits and folded lines: every server accepts this.
_POLICY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, kw_only=True, repr=False)
class EmailMessage:
    """An e-mail to one recipient.

    Attributes:
        id: the same when an e-mail is sent again, so that mail programs detect duplicates.
        to: the recipient's address.
        to_name: the recipient's name, may be empty.
        sent_at: the date header, UTC-aware.
        language: language of subject and text, such as ``de``.
        text: the plain text part; ``html`` has the same content.
        reply_to: the address for replies, None for the sender.
        unsubscribe: address that ends mails of this kind with one POST (RFC 8058); None where there is none.
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
    unsubscribe: str | None = None

    def __repr__(self) -> str:
        """Return the id alone: the other attributes are private."""
        return f"EmailMessage(id={self.id!r})"


def strip_to_line(text: str) -> str:
    """Return ``text`` as one line, without control characters, line separators and direction marks."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def parse_address(text: str, *, name: str = "") -> Address:
    """Parse ``Alex <alex@example.com>`` or a bare address; ``name`` is the display name of a bare address.

    Raises:
        ValueError: the text is not an address; the message does not repeat it.
    """
    display_name, found = parseaddr(text)
    local, at, domain = found.rpartition("@")
    # Few servers support other characters before the @; a domain is converted to its ASCII form.
    if (
        not (local and at and domain)
        or not local.isascii()
        or strip_to_line(text) != text.strip()
        or any(char.isspace() for char in found)
    ):
        raise ValueError("Not a mail address")
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode()
        return Address(strip_to_line(display_name or name), addr_spec=f"{local}@{host}")
    except (HeaderParseError, UnicodeError, ValueError, IndexError):
        raise ValueError("Not a mail address") from None


def build_mime_message(message: EmailMessage, sender: Address) -> MimeMessage:
    """Build the MIME message of an e-mail.

    Raises:
        MailRefused: the recipient's address is invalid.
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
    if message.unsubscribe is not None:
        email["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # Prevents automatic replies.
    email["Auto-Submitted"] = "auto-generated"
    email["X-Auto-Response-Suppress"] = "All"
    email.set_content(message.text)
    email.add_alternative(message.html, subtype="html")
    # Set last: before the alternative exists, the header would move to the first part.
    email["Content-Language"] = message.language
    return email
