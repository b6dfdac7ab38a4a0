"""Privacy classes of stored data: whose it is, what it describes, why and how long it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Subject(StrEnum):
    """Whose data a table holds."""

    PERSON = "person"
    """The person whose headshot it is about, with what they did themselves."""
    NONE = "none"
    """No person: counts, budgets, settings."""


class Content(StrEnum):
    """What a column describes."""

    IDENTITY = "identity"
    """Who a person is: name, address, account at the identity provider, groups."""
    PICTURE = "picture"
    """A picture, or a value derived from the face on it."""
    CONSENT = "consent"
    """What was agreed to, when and how."""
    PROGRESS = "progress"
    """How far the photo session, a file or a mail is."""
    ACTIVITY = "activity"
    """What a person did, when and with which browser."""
    REFERENCE = "reference"
    """An id without meaning of its own that leads to a person or to one of their rows."""
    SECRET = "secret"  # noqa: S105  # nosec B105  # the name of a class
    """A value that opens something, also when sealed or hashed. It is in no export, page or log."""
    TECHNICAL = "technical"
    """Nothing about a person."""


class Purpose(StrEnum):
    """Why a table is kept."""

    ACCOUNT = "account"
    SIGN_IN = "sign-in"
    SESSION = "photo-session"
    CONSENT = "consent"
    USE = "use"
    NOTIFY = "notify"
    EXPORT = "export"
    SUPPORT = "support"
    ACCOUNTABILITY = "accountability"
    ERASURE = "erasure"
    CAMPAIGN = "campaign"
    OPERATION = "operation"


class Retention(StrEnum):
    """When a column's data is deleted; the rules with their periods are in ``portal/domain/retention.py``."""

    STUDIO = "studio"
    """What the provider keeps; no column of ours."""
    ACCOUNT = "account"
    """Until the person is erased, at the latest a fixed time after the last sign-in."""
    PHOTOS = "photos"
    """Pictures, each by its own rule: not chosen, own, or of a person who left."""
    KIT = "kit"
    """Until the choice or the crop changes, or the person is erased."""
    ARCHIVE = "archive"
    """Until the download expires."""
    SIGN_IN = "sign-in"
    """Until the sign-in ends or expires."""
    WEBHOOK_BODY = "webhook-body"
    """A fixed time after the webhook arrived; at erasure at once."""
    DELIVERY = "delivery"
    """A fixed time after the webhook arrived."""
    MAIL = "mail"
    """A fixed time after the mail was sent or given up; with the person at the latest."""
    PROOF = "proof"
    """After erasure, as proof of what was agreed to and deleted, without name or address."""
    AUDIT = "audit"
    """A fixed time; it names people by id alone."""
    ROSTER = "roster"
    """With the account; for people who never came a fixed time after the last contact."""
    IMPORT = "import"
    """Some days after the import."""
    COMPANY = "company"
    """As long as the company uses the portal; nothing about a person."""
    OPERATION = "operation"
    """Days at most, or a fixed number of rows."""


@dataclass(frozen=True, slots=True)
class DataClass:
    """The privacy class a column belongs to."""

    subject: Subject
    content: Content
    purpose: Purpose
    retention: Retention


@dataclass(frozen=True)
class TableClass:
    """The classes of a table's columns.

    Attributes:
        subject: whose data it is.
        purpose: why it is kept.
        retention: by which rules it is deleted.
        columns: names of the columns by content, separated by spaces.
        owner: how a row leads to its person: ``person_id``, or ``shoot_id>shoots`` for the person of another table's
            row, or ``model_id>shoots.provider_id`` where that row is found by another column than ``id``.
            Alternatives are separated by ``|``. None where no row leads to a person.
        people: columns that may name another person, such as an admin who acted; the export replaces their ids.
        exceptions: columns whose retention is not the table's.
    """

    subject: Subject
    purpose: Purpose
    retention: Retention
    columns: Mapping[Content, str]
    owner: str | None = None
    people: str = ""
    exceptions: Mapping[str, Retention] = field(default_factory=dict)

    def iterate_classes(self) -> Iterator[tuple[str, DataClass]]:
        """Yield each column's name with its class."""
        for content, names in self.columns.items():
            for name in names.split():
                retention = self.exceptions.get(name, self.retention)
                yield name, DataClass(self.subject, content, self.purpose, retention)
