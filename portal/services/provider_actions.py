"""Actions of admins in the provider's account: invites, sessions and members; each is one call with a deadline.

A call without a response is not repeated: the provider has no idempotency key, so the outcome stays unknown until the
next reading of the account. Made again by an admin, each action does no harm and stores what the provider has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from portal.db import release_connection, transaction
from portal.domain import job_types
from portal.domain.email_address import normalize_email
from portal.domain.errors import BadInput, ChangedMeanwhile
from portal.failpoints import failpoint
from portal.models import audit, provider_account, provider_records, queue, shoots
from portal.models.provider_records import ProviderRecord, RecordFilter, RecordKind
from portal.provider.errors import AlreadyExists, InvalidRequest, NotFound, ProviderError
from portal.services.app_context import AppContext
from portal.services.provider_lists import build_invite, normalize_address

INVITE_VALIDITY = timedelta(days=30)
# An invite counts until its person has completed the session.
COUNTED_INVITES = ("pending", "accepted", "uploading", "generating")
MAX_MOVED = 200


def count_open_invites(counts: Mapping[str, int]) -> int:
    """Return how many of the invites, counted by status, count against the provider's cap."""
    return sum(counts.get(status, 0) for status in COUNTED_INVITES)


def send_invite(address: str, *, team_id: str | None, actor_id: UUID, context: AppContext) -> None:
    """Invite an address by the provider's own mail.

    Raises:
        BadInput: it is no address.
        ProviderError: the provider refused or did not respond.
    """
    email = _parse_address(address)
    release_connection()
    error = _attempt(lambda: context.provider.create_invite(email, team_id=team_id, priority="interactive"))
    if isinstance(error, AlreadyExists):
        # Such as after a process that was killed between the call and the record of it.
        _read_invite(email, context)
    with transaction():
        audit.create_entry("provider.invited", at=context.clock(), actor_id=actor_id, **_build_result(error))
        if error is None:
            values: dict[str, Any] = {
                "email": email,
                "status": "pending",
                "team_id": team_id,
                "team_name": _find_team_name(team_id),
            }
            values |= {"model_id": None, "created_at": context.clock()}
            provider_records.store_record(RecordKind.INVITE, email, **values)
    if error is not None:
        raise error


def revoke_invite(address: str, *, actor_id: UUID, context: AppContext) -> None:
    """Revoke a pending invite, which frees its place under the cap.

    Raises:
        BadInput: it is no address.
        ProviderError: the provider refused, for example because it was used, or did not respond.
    """
    email = _parse_address(address)
    release_connection()
    error = _attempt(lambda: context.provider.revoke_invite(email, priority="interactive"))
    if isinstance(error, InvalidRequest):
        # One that is revoked already cannot be revoked again.
        found = _read_invite(email, context)
        error = None if found is not None and found.status == "revoked" else error
    with transaction():
        audit.create_entry("provider.invite_revoked", at=context.clock(), actor_id=actor_id, **_build_result(error))
        if error is None:
            provider_records.store_record(RecordKind.INVITE, email, email=email, status="revoked")
    if error is not None:
        raise error


def find_invite(address: str, *, context: AppContext) -> ProviderRecord | None:
    """Read the invite of an address now; None if the provider has none.

    Raises:
        BadInput: it is no address.
        ProviderError: the provider refused or did not respond.
    """
    email = _parse_address(address)
    release_connection()
    try:
        invite = context.provider.get_invite(email, priority="interactive")
    except NotFound:
        return None
    with transaction():
        # The address in the response may be another one, which the member uses now.
        row = build_invite(invite) | {"email": email}
        del row["key"]
        provider_records.store_record(RecordKind.INVITE, email, **row)
    with transaction():
        return provider_records.find_record(RecordKind.INVITE, email)


def _read_invite(email: str, context: AppContext) -> ProviderRecord | None:
    """Store the invite of an address as the provider has it; return None without one, or if it cannot be read."""
    try:
        return find_invite(email, context=context)
    except ProviderError:
        return None


def delete_session(model_id: str, *, actor_id: UUID, context: AppContext) -> None:
    """Delete a session at the provider that is not the open one of a person of this portal.

    Raises:
        ChangedMeanwhile: it is a person's open session, which is reset from the person's page.
        ProviderError: the provider refused or did not respond.
    """
    with transaction():
        shoot = shoots.find_by_provider_id(model_id)
        if shoot is not None and shoot.closed_at is None:
            raise ChangedMeanwhile
        subject_id = shoot.person_id if shoot is not None else None
    error = _attempt(lambda: context.provider.delete_model(model_id, priority="interactive"))
    with transaction():
        now = context.clock()
        audit.create_entry(
            "provider.session_deleted", at=now, actor_id=actor_id, subject_id=subject_id, **_build_result(error)
        )
        if error is None:
            provider_records.delete_about(model_ids=[model_id])
    if error is not None:
        raise error


def update_membership(keys: Sequence[str], *, team_id: str, actor_id: UUID, context: AppContext) -> int:
    """Move members into a team of the provider, and have the account read anew; return how many were named.

    Raises:
        BadInput: no member or no known team is named, or too many members.
        ProviderError: the provider refused or did not respond.
    """
    with transaction():
        emails = provider_records.list_emails(RecordKind.MEMBER, keys)
        team_name = _find_team_name(team_id)
    if not emails or team_name is None or len(keys) > MAX_MOVED:
        raise BadInput
    error = _attempt(lambda: context.provider.add_team_members(team_id, emails, priority="interactive"))
    with transaction():
        count = len(emails)
        audit.create_entry(
            "provider.members_moved", at=context.clock(), actor_id=actor_id, members=count, **_build_result(error)
        )
        if error is None:
            provider_records.update_team(emails, team_id=team_id, team_name=team_name)
            queue.start_job_now(job_types.READ_ACCOUNT)
    if error is not None:
        raise error
    return len(emails)


def count_unknown_sessions() -> int:
    """Count the sessions of the account without a person in this portal."""
    return provider_records.count_records(RecordFilter(kind=RecordKind.MODEL, is_unknown=True))


def _parse_address(text: str) -> str:
    try:
        normalize_email(text)
    except ValueError:
        raise BadInput from None
    return normalize_address(text)


def _find_team_name(team_id: str | None) -> str | None:
    account = provider_account.find_account()
    teams: list[dict[str, str]] = account.content.get("teams", []) if account is not None else []
    return next((team["name"] for team in teams if team["id"] == team_id), None)


def _attempt(call: Callable[[], object]) -> ProviderError | None:
    """Make one call; return why it failed, None if it succeeded."""
    try:
        call()
    except ProviderError as error:
        return error
    failpoint("account.after_call")
    return None


def _build_result(error: ProviderError | None) -> dict[str, Any]:
    """Return the result for an audit entry."""
    if error is None:
        return {}
    return {"result": "problem" if error.outcome_unknown else "refused", "reason": error.code or type(error).__name__}
