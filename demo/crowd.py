"""``--people N``: fills the demo with a believable campaign of N fictional people, straight into its database.

They cannot sign in. Their sessions do not exist in the sandbox, so they are closed: the sweep compares open ones only.
"""

from __future__ import annotations

import json
import operator
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from demo import crowd_pictures
from demo.crowd_names import NAMES, TEAMS, WEIGHTS
from portal.domain.consent import POLICY_VERSION

DAYS = 25
_SOURCE = "import"
_DOMAIN = "example.com"
# Last step of an invited person, and how many of 100 do before the team's own pace shifts it.
_ENDINGS = (
    ("not_invited", 5),
    ("invited", 16),
    ("signed_in", 4),
    ("agreed", 4),
    ("studio", 6),
    ("photos", 3),
    ("making", 3),
    ("ready", 8),
    ("chosen", 49),
    ("refused", 1),
    ("dead_link", 1),
)
_STATUS = {
    "studio": "onboarding",
    "dead_link": "onboarding",
    "photos": "waiting",
    "making": "generatingHeadshots",
    "ready": "active",
    "chosen": "active",
}
_PROBLEMS = {"refused": "refused", "dead_link": "link_lost"}
_FINISHED = frozenset({"ready", "chosen"})
Rows = list[tuple[Any, ...]]
_USE = ("Fictional agreement of the demo.", "0" * 64, "en", POLICY_VERSION)


@dataclass
class Tables:
    """Rows to insert, by table; each tuple has the columns of :data:`_COLUMNS`."""

    roster_entries: Rows = field(default_factory=list)
    people: Rows = field(default_factory=list)
    consents: Rows = field(default_factory=list)
    shoots: Rows = field(default_factory=list)
    photos: Rows = field(default_factory=list)
    choices: Rows = field(default_factory=list)
    renditions: Rows = field(default_factory=list)
    audit_entries: Rows = field(default_factory=list)

    def record(self, at: datetime, action: str, person: uuid.UUID, *, by_person: bool = True, **detail: Any) -> None:
        """Add what the portal would have written to the audit trail."""
        actor, channel = (person, "web") if by_person else (None, "job")
        self.audit_entries.append((at, action, actor, person, "ok", channel, json.dumps(detail)))


_COLUMNS = {
    "people": "id issuer subject email name groups role roles manages locale version created_at signed_in_at",
    "roster_entries": "id address name team employee_number due_on source campaign_id created_at changed_at invited_at "
    "reminded_at reminders muted_at left_at bounced_at bounce_reason person_id",
    "consents": "id person_id policy_version locale text_sha256 text purposes provider given_at",
    "shoots": "id person_id provider provider_id provider_status status_at status_since signed_url is_development "
    "problem requested_at attempts ruled_out failures minted_at opened_at finished_at confirmed_at "
    "confirmed_by photo_count copied_at closed_at",
    "photos": "id shoot_id provider_id position width height copied_at created_at",
    "renditions": crowd_pictures.COLUMNS,
    "audit_entries": "at action actor_id subject_id result channel detail",
    "choices": "id person_id shoot_id photo_id origin key acted_at recorded_at use_text use_text_sha256 use_locale "
    "use_policy_version",
}


def create_campaign_people(
    database_url: str,
    people: int,
    *,
    provider: str,
    now: datetime | None = None,
    ending: str | None = None,
    photos: Path | None = None,
) -> int:
    """Add a campaign of fictional people to a migrated database without one; return how many people were added.

    Args:
        ending: the last step of each of them, one of :data:`_ENDINGS`; None for all steps in believable shares.
        photos: the folder of the portal's photos, for a picture of each finished session; None for rows alone.
    """
    now = now or datetime.now(UTC)
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        found = connection.execute("SELECT 1 FROM roster_entries WHERE source = %s LIMIT 1", (_SOURCE,)).fetchone()
        if found is not None:
            return 0
        campaign = _create_campaign(connection, now)
        tables = _build_tables(people, campaign, provider, now, ending)
        if photos is not None:
            tables.renditions = crowd_pictures.store_pictures([row[0] for row in tables.photos], photos)
        tables.audit_entries.sort(key=operator.itemgetter(0))
        for name, columns in _COLUMNS.items():
            _copy_rows(connection, name, columns.split(), getattr(tables, name))
    with psycopg.connect(database_url, autocommit=True, connect_timeout=5) as connection:
        connection.execute("ANALYZE")
    return people


def _copy_rows(connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Rows) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _create_campaign(connection: psycopg.Connection[Any], now: datetime) -> uuid.UUID:
    campaign = uuid.uuid4()
    started = now - timedelta(days=DAYS)
    connection.execute(
        "INSERT INTO campaigns (id, name, state, audience, due_on, reminders, version, created_at, started_at) "
        "VALUES (%s, %s, 'running', '{\"everyone\": true}', %s, '{}', 0, %s, %s)",
        (campaign, f"Headshots {now.year}", (now + timedelta(days=15)).date(), started, started),
    )
    return campaign


def _build_tables(people: int, campaign: uuid.UUID, provider: str, now: datetime, ending: str | None) -> Tables:
    source = random.Random(7)  # noqa: S311 - the same people in every demo
    tables = Tables()
    for number, (name, address) in enumerate(_generate_names(people, source)):
        crowd = Member(source, number, name, address, campaign, provider, now, ending)
        crowd.add_rows(tables)
    return tables


def _generate_names(people: int, source: random.Random) -> Iterator[tuple[str, str]]:
    taken: set[str] = set()
    while len(taken) < people:
        given, family = source.choices(NAMES, WEIGHTS)[0]
        (first, first_address), (last, last_address) = source.choice(given), source.choice(family)
        address = f"{first_address}.{last_address}"
        if address in taken:
            address = f"{address}{len(taken)}"
        taken.add(address)
        is_chinese = first_address in {"wang", "li", "zhang"}
        yield f"{first}{last}" if is_chinese else f"{first} {last}", f"{address}@{_DOMAIN}"


@dataclass
class Member:
    """One fictional person: their stage, and the rows of it."""

    source: random.Random
    number: int
    name: str
    address: str
    campaign: uuid.UUID
    provider: str
    now: datetime
    ending: str | None = None

    def add_rows(self, tables: Tables) -> None:
        """Add the rows of this person."""
        team, _share, pace = self.source.choices(TEAMS, [share for _name, share, _pace in TEAMS])[0]
        ending = self.ending or self._choose_ending(pace)
        invited = self.now - timedelta(days=DAYS) if ending != "not_invited" else None
        signed_in = (
            None if ending in {"not_invited", "invited"} else self._moment(timedelta(days=DAYS - 1), timedelta(hours=2))
        )
        person = uuid.uuid4() if signed_in else None
        tables.roster_entries.append(self._build_entry(team, ending, invited, person))
        if signed_in is None or person is None:
            return
        tables.people.append(self._build_person(person, signed_in))
        tables.record(signed_in, "sign_in", person)
        if ending == "signed_in":
            return
        agreed = signed_in + timedelta(minutes=4)
        tables.consents.append(self._build_consent(person, agreed))
        tables.record(agreed, "consent.given", person, version=POLICY_VERSION)
        if ending != "agreed":
            self._add_shoot(tables, person, ending, agreed)

    def _choose_ending(self, pace: float) -> str:
        weights = [weight * (2 * pace if name in _FINISHED else 2 * (1.2 - pace)) for name, weight in _ENDINGS]
        return self.source.choices([name for name, _weight in _ENDINGS], weights)[0]

    def _moment(self, max_ago: timedelta, min_ago: timedelta) -> datetime:
        """Return a moment in working hours between so long and so short ago."""
        ago: timedelta = min_ago + (max_ago - min_ago) * self.source.random() ** 0.8
        return self.now - ago

    def _build_entry(
        self, team: str, ending: str, invited: datetime | None, person: uuid.UUID | None
    ) -> tuple[Any, ...]:
        is_behind = ending not in {"chosen", "not_invited"}
        reminders = self.source.choice((0, 1, 1, 2, 3)) if is_behind else 0
        reminded = self.now - timedelta(days=self.source.randint(1, 6)) if reminders else None
        has_bounced = ending == "invited" and self.source.random() < 0.03  # noqa: PLR2004 - a few of them
        due: date | None = None
        if is_behind and self.source.random() < 0.12:  # noqa: PLR2004 - a few of them
            due = (self.now - timedelta(days=2)).date()
        return (
            uuid.uuid4(),
            self.address,
            self.name,
            team,
            f"{10_000 + self.number}",
            due,
            _SOURCE,
            self.campaign if invited else None,
            self.now - timedelta(days=DAYS + 1),
            self.now - timedelta(days=DAYS + 1),
            invited,
            reminded,
            reminders,
            self.now - timedelta(days=3) if is_behind and self.source.random() < 0.02 else None,  # noqa: PLR2004
            self.now - timedelta(days=4) if ending == "not_invited" and self.number % 9 == 0 else None,
            invited if has_bounced else None,
            "550" if has_bounced else None,
            person,
        )

    def _build_person(self, person: uuid.UUID, signed_in: datetime) -> tuple[Any, ...]:
        issuer, subject = "https://people.example", f"crowd-{self.number}"
        common: tuple[Any, ...] = ("employee", ["employee"], [], "en", 0, signed_in, signed_in)
        return (person, issuer, subject, self.address, self.name, ["staff"], *common)

    def _build_consent(self, person: uuid.UUID, agreed: datetime) -> tuple[Any, ...]:
        text = "Fictional agreement of the demo."
        purposes = ["process", "use"]
        return (uuid.uuid4(), person, POLICY_VERSION, "en", "0" * 64, text, purposes, self.provider, agreed)

    def _add_shoot(self, tables: Tables, person: uuid.UUID, ending: str, agreed: datetime) -> None:
        requested = agreed + timedelta(minutes=2)
        status, problem = _STATUS.get(ending), _PROBLEMS.get(ending)
        moved = requested + timedelta(minutes=25)
        if ending in {"photos", "making"}:
            moved = max(requested, self.now - timedelta(minutes=self.source.randint(5, 600)))
        finished = min(moved + timedelta(hours=3), self.now) if ending in _FINISHED else None
        shoot = uuid.uuid4()
        tables.shoots.append(
            (
                *(shoot, person, self.provider, f"crowd-{shoot}" if status else None, status, moved, moved),
                *(b"sealed" if status == "onboarding" else None, False, problem, requested, 1, 0, 0),
                *(requested, requested, finished, moved, "event", 1 if finished else 0, finished, finished or moved),
            )
        )
        if status is not None:
            tables.record(requested, "shoot.created", person, by_person=False, attempt=1)
            tables.record(finished or moved, "shoot.status", person, by_person=False, after=status, source="event")
        if finished is not None:
            tables.record(finished, "photos.copied", person, by_person=False, count=1)
            photo = uuid.uuid4()
            tables.photos.append((photo, shoot, f"crowd-{photo}", 0, 768, 960, finished, finished))
            if ending == "chosen":
                acted = min(finished + timedelta(hours=self.source.randint(1, 60)), self.now)
                choice = (uuid.uuid4(), person, shoot, photo, "portal", f"{photo}", acted, acted)
                tables.choices.append((*choice, *_USE))
                tables.record(acted, "choice.made", person, origin="portal")
