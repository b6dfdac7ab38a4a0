"""The kinds of notifications, and one that is about to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from portal.models.campaign_teams import TeamCounts


class NotificationKind(StrEnum):
    """What a notification is about."""

    READY = "ready"
    LINK_PROBLEM = "link_problem"
    CREDITS_BACK = "credits_back"
    LINK_RESOLVED = "link_seen_to"
    # To the operators.
    LINK_LOST = "link_lost"
    OUT_OF_CREDITS = "out_of_credits"
    LOW_CREDITS = "low_credits"
    STUCK = "stuck"
    LINK_REPORTED = "link_reported"
    START_REFUSED = "start_refused"
    # Of campaigns, see portal/services/campaign_mails.py.
    INVITATION = "invitation"
    REMINDER = "reminder"
    INVITATION_TEST = "invitation_test"
    DIGEST = "digest"


@dataclass(frozen=True, repr=False)
class CampaignDetails:
    """What a campaign's mail contains besides its fixed texts.

    Attributes:
        due_on: last day to choose, the person's own or the campaign's.
        is_signed_in: whether the person has signed in.
        entry_id: for the address that mutes these mails; None in a test.
    """

    message: str
    due_on: date | None
    is_signed_in: bool
    entry_id: UUID | None


@dataclass(frozen=True, repr=False)
class DueNotification:
    """A notification that is about to be sent: everything its e-mail is rendered from.

    Attributes:
        to: the recipient's address.
        name: the recipient's name; empty for the support address.
        locale: the recipient's language; None for the support address.
        session: the provider's id of the session it is about, if it is about one.
        campaign: of an invitation or a reminder.
        teams: of a manager's digest.
    """

    notification_id: UUID
    kind: NotificationKind
    to: str
    name: str
    locale: str | None
    session: str | None
    campaign: CampaignDetails | None = None
    teams: tuple[TeamCounts, ...] = ()
