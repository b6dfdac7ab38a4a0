"""Actions on many people of the list at once: whom each action applies to, and why it leaves a person out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID


class BulkAction(StrEnum):
    """An action on the selected people."""

    REMIND = "remind"
    INVITE = "invite"
    DUE = "due"
    TEAM = "team"
    MUTE = "mute"
    UNMUTE = "unmute"
    EXPORT = "export"
    SIGN_OUT = "sign_out"
    DELETE = "delete"


class LeftOut(StrEnum):
    """Why an action does not apply to a selected person."""

    LEFT = "left"
    NOT_ON_ROSTER = "not_on_roster"
    CHOSEN = "chosen"
    NOT_CHOSEN = "not_chosen"
    NO_AGREEMENT = "no_agreement"
    NO_CAMPAIGN = "no_campaign"
    IN_CAMPAIGN = "in_campaign"
    OTHER_CAMPAIGN = "other_campaign"
    NOT_INVITED = "not_invited"
    REMINDED = "reminded"
    MUTED = "muted"
    NOT_MUTED = "not_muted"
    BOUNCED = "bounced"
    SAME_DUE = "same_due"
    SAME_TEAM = "same_team"
    SIGNED_OUT = "signed_out"
    HAS_ACCOUNT = "has_account"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One selected row of the list, with the facts that decide about an action.

    Attributes:
        id: of the row: the person's id, the roster entry's before the first sign-in.
        label: name, else address.
        has_left: left according to the roster, or deactivated.
        campaign_state: of the campaign with ``campaign_id``, None without one.
        is_reminded: has a reminder that is not sent yet, or one of today.
        is_exportable: has a chosen headshot and agreed to its use.
    """

    id: UUID
    entry_id: UUID | None
    person_id: UUID | None
    label: str
    team: str | None
    due_on: date | None
    campaign_id: UUID | None
    campaign_state: str | None
    has_left: bool
    is_invited: bool
    is_muted: bool
    is_bounced: bool
    has_chosen: bool
    is_reminded: bool
    is_signed_in: bool
    is_exportable: bool


@dataclass(frozen=True, kw_only=True)
class ActionTarget:
    """What an action needs besides the people.

    Attributes:
        actor_id: the admin.
        campaign_id: of an invitation.
        due_on: the new due date; None leaves it to the campaign.
        team: the new team.
    """

    actor_id: UUID
    campaign_id: UUID | None = None
    due_on: date | None = None
    team: str | None = None


Check = tuple[LeftOut, Callable[[Candidate, ActionTarget], bool]]

_LEFT: Check = (LeftOut.LEFT, lambda one, _target: one.has_left)
_NOT_ON_ROSTER: Check = (LeftOut.NOT_ON_ROSTER, lambda one, _target: one.entry_id is None)
_CHOSEN: Check = (LeftOut.CHOSEN, lambda one, _target: one.has_chosen)
_MUTED: Check = (LeftOut.MUTED, lambda one, _target: one.is_muted)
_BOUNCED: Check = (LeftOut.BOUNCED, lambda one, _target: one.is_bounced)
_OPEN = frozenset({"running", "paused"})

# The first check that holds gives the reason.
CHECKS: Mapping[BulkAction, tuple[Check, ...]] = MappingProxyType(
    {
        BulkAction.REMIND: (
            _LEFT,
            _NOT_ON_ROSTER,
            _CHOSEN,
            (LeftOut.NO_CAMPAIGN, lambda one, _target: one.campaign_state != "running"),
            _MUTED,
            _BOUNCED,
            (LeftOut.NOT_INVITED, lambda one, _target: not one.is_invited),
            (LeftOut.REMINDED, lambda one, _target: one.is_reminded),
        ),
        BulkAction.INVITE: (
            _LEFT,
            _CHOSEN,
            _MUTED,
            _BOUNCED,
            (LeftOut.IN_CAMPAIGN, lambda one, target: one.campaign_id == target.campaign_id),
            (LeftOut.OTHER_CAMPAIGN, lambda one, _target: one.campaign_state in _OPEN),
        ),
        BulkAction.DUE: (
            _LEFT,
            _NOT_ON_ROSTER,
            (LeftOut.SAME_DUE, lambda one, target: one.due_on == target.due_on),
        ),
        BulkAction.TEAM: (
            _LEFT,
            _NOT_ON_ROSTER,
            (LeftOut.SAME_TEAM, lambda one, target: one.team == target.team),
        ),
        BulkAction.MUTE: (_LEFT, _NOT_ON_ROSTER, _MUTED),
        BulkAction.UNMUTE: (_NOT_ON_ROSTER, (LeftOut.NOT_MUTED, lambda one, _target: not one.is_muted)),
        BulkAction.EXPORT: (
            _LEFT,
            (LeftOut.NOT_CHOSEN, lambda one, _target: not one.has_chosen),
            (LeftOut.NO_AGREEMENT, lambda one, _target: not one.is_exportable),
        ),
        BulkAction.SIGN_OUT: (
            (LeftOut.SELF, lambda one, target: one.person_id == target.actor_id),
            (LeftOut.SIGNED_OUT, lambda one, _target: not one.is_signed_in),
        ),
        BulkAction.DELETE: ((LeftOut.HAS_ACCOUNT, lambda one, _target: one.person_id is not None),),
    }
)


def find_reason(action: BulkAction, one: Candidate, target: ActionTarget) -> LeftOut | None:
    """Return why an action leaves a person out, None if it applies."""
    return next((reason for reason, holds in CHECKS[action] if holds(one, target)), None)
