"""Which steps of the set-up the records show as done, read in one statement."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select

from portal.db import db
from portal.models.campaigns import Campaign
from portal.models.deliveries import Delivery
from portal.models.roster import RosterEntry
from portal.models.shoots import Shoot


@dataclass(frozen=True)
class SetupProgress:
    """What has ever happened here.

    Attributes:
        has_webhook: any webhook was stored.
        has_session: the provider has created any session; ``has_finished``: any session has finished.
        has_roster: anyone is on the roster who has not left.
        has_campaign: any campaign was started.
    """

    has_webhook: bool
    has_session: bool
    has_finished: bool
    has_roster: bool
    has_campaign: bool


def read_progress() -> SetupProgress:
    """Read the progress of the set-up."""
    query = select(
        exists().where(Delivery.id.is_not(None)),
        exists().where(Shoot.minted_at.is_not(None)),
        exists().where(Shoot.finished_at.is_not(None)),
        exists().where(RosterEntry.left_at.is_(None)),
        exists().where(Campaign.started_at.is_not(None)),
    )
    return SetupProgress(*db.session.execute(query).one())
