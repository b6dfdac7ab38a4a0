"""Marks on photos while choosing: shortlist, skip or neither, from any device and also sent later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.models import photo_marks, photos
from portal.models.people import Person
from portal.models.photo_marks import Mark


@dataclass(frozen=True)
class MarkAct:
    """One press on one photo.

    Attributes:
        photo_id: the photo.
        mark: what it is marked as from then on.
        acted_at: time of the press, UTC; a page that was offline sends it later.
    """

    photo_id: UUID
    mark: Mark
    acted_at: datetime


@dataclass(frozen=True)
class MarkOutcome:
    """What became of the acts that were sent together.

    Attributes:
        overruled: photos where a later act, made on another device, stays.
        missing: photos that are not the person's or no longer there.
        marks: every mark of the person afterwards.
    """

    overruled: list[UUID]
    missing: list[UUID]
    marks: dict[UUID, Mark]


def store_marks(person: Person, acts: Sequence[MarkAct], *, now: datetime) -> MarkOutcome:
    """Store the acts of a person; for each photo the latest act counts, wherever it was made.

    A time in the future, from a wrong clock, counts as now.
    """
    overruled, missing = [], []
    with transaction():
        for act in acts:
            if photos.find_for_person(act.photo_id, person.id) is None:
                missing.append(act.photo_id)
            elif not photo_marks.store_mark(
                person.id, act.photo_id, act.mark, acted_at=min(act.acted_at, now), now=now
            ):
                overruled.append(act.photo_id)
        return MarkOutcome(overruled, missing, dict(photo_marks.list_marks(person.id)))
