"""Actions on many people at once: what one would do to whom, and doing exactly that."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.domain.bulk_actions import ActionTarget, BulkAction, Candidate, LeftOut, find_reason
from portal.domain.errors import BadInput, ChangedMeanwhile
from portal.domain.roles import Right
from portal.models.bulk_candidates import list_candidates
from portal.models.people import Person
from portal.models.people_list import PeopleFilter
from portal.services import bulk_changes
from portal.services.bulk_changes import BulkChange

# More people than this are a filter too wide to be meant.
MAX_SELECTED = 20_000


@dataclass(frozen=True)
class SelectionPlan:
    """What an action would do now.

    Attributes:
        included: the people it applies to.
        left_out: the others by reason, in the order of the reasons.
        digest: of action, target and included people; the same plan has the same digest.
        is_too_many: the selection holds more than :data:`MAX_SELECTED` people; nothing is done.
    """

    action: BulkAction
    target: ActionTarget
    included: list[Candidate]
    left_out: Mapping[LeftOut, list[Candidate]]
    digest: str
    is_too_many: bool = False

    @property
    def selected(self) -> int:
        """How many people are selected."""
        return len(self.included) + sum(map(len, self.left_out.values()))


Change = Callable[[BulkChange], int]
# Each action with the right it needs and what it does; an export has a form of its own.
ACTIONS: Mapping[BulkAction, tuple[Right, Change | None]] = MappingProxyType(
    {
        BulkAction.REMIND: (Right.MANAGE_PEOPLE, bulk_changes.create_reminders),
        BulkAction.INVITE: (Right.MANAGE_PEOPLE, bulk_changes.add_to_campaign),
        BulkAction.DUE: (Right.MANAGE_PEOPLE, bulk_changes.set_due_date),
        BulkAction.TEAM: (Right.MANAGE_PEOPLE, bulk_changes.update_team),
        BulkAction.MUTE: (Right.MANAGE_PEOPLE, bulk_changes.set_muted),
        BulkAction.UNMUTE: (Right.MANAGE_PEOPLE, bulk_changes.set_unmuted),
        BulkAction.EXPORT: (Right.MANAGE_PEOPLE, None),
        BulkAction.SIGN_OUT: (Right.MANAGE_SESSIONS, bulk_changes.sign_out_people),
        BulkAction.DELETE: (Right.MANAGE_PEOPLE, bulk_changes.delete_from_roster),
    }
)


def list_actions(actor: Person) -> list[BulkAction]:
    """List the actions a person has the right to."""
    return [action for action, (right, _change) in ACTIONS.items() if right in actor.rights]


def check_right(action: BulkAction, actor: Person) -> None:
    """Require the right to an action.

    Raises:
        BadInput: the actor does not have it.
    """
    if action not in list_actions(actor):
        raise BadInput


def build_plan(
    action: BulkAction, chosen: PeopleFilter, target: ActionTarget, *, now: datetime, zone: ZoneInfo
) -> SelectionPlan:
    """Determine what an action would do to the people of a filter."""
    found = list_candidates(
        chosen,
        now=now,
        today=now.astimezone(zone).date(),
        limit=MAX_SELECTED + 1,
        for_export=action is BulkAction.EXPORT,
    )
    is_too_many = len(found) > MAX_SELECTED
    included: list[Candidate] = []
    left_out: dict[LeftOut, list[Candidate]] = {reason: [] for reason in LeftOut}
    for one in found:
        reason = find_reason(action, one, target)
        (included if reason is None else left_out[reason]).append(one)
    reasons = {reason: people for reason, people in left_out.items() if people}
    return SelectionPlan(
        action, target, included, reasons, _compute_digest(action, target, included), is_too_many=is_too_many
    )


def _compute_digest(action: BulkAction, target: ActionTarget, included: Sequence[Candidate]) -> str:
    digest = hashlib.sha256(repr((action, target.campaign_id, target.due_on, target.team)).encode())
    for one in sorted(each.id.bytes for each in included):
        digest.update(one)
    return digest.hexdigest()[:32]


def check_plan(plan: SelectionPlan, digest: str) -> None:
    """Require that a plan is the one that was confirmed.

    Raises:
        ChangedMeanwhile: it concerns other people by now, or too many.
    """
    if plan.is_too_many or plan.digest != digest:
        raise ChangedMeanwhile


def apply_plan(plan: SelectionPlan, *, actor: Person, now: datetime, zone: ZoneInfo) -> int:
    """Apply a plan; return for how many people something changed. A second call changes nothing more."""
    _right, change = ACTIONS[plan.action]
    if change is None:
        raise BadInput
    return change(BulkChange(plan.included, plan.target, actor, now, zone))


def list_included_ids(plan: SelectionPlan) -> tuple[UUID, ...]:
    """Return the rows of the list that a plan applies to."""
    return tuple(one.id for one in plan.included)
