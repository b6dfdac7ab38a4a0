"""The console's lists of the provider's account: members, sessions, invites and favorites, and what admins do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.domain.errors import NotFound
from portal.models import provider_account, provider_records, shoots
from portal.models.provider_records import ProviderRecord, RecordFilter, RecordKind
from portal.presentation import provider_messages
from portal.presentation.plurals import format_plural as ngettext
from portal.provider.errors import ProviderError
from portal.services import credits, provider_actions
from portal.services.provider_account import INVITES_PER_CREDIT
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("account_records", __name__, url_prefix="/admin/account")

PAGE = 50
KINDS = {
    "members": RecordKind.MEMBER,
    "sessions": RecordKind.MODEL,
    "invites": RecordKind.INVITE,
    "favorites": RecordKind.FAVORITE,
}
_MAX_SEARCH_LENGTH = 100
# Largest value of the column; a larger one in a URL matches no record.
_LARGEST = 2**63 - 1


@blueprint.get("/<any(members, sessions, invites, favorites):page>")
def show_records(page: str) -> str:
    """Show one list as last read; ``status``, ``q`` and ``unknown`` filter, ``after`` turns the page."""
    return _render_records(page)


@blueprint.get("/sessions/<model_id>")
def show_session(model_id: str) -> str:
    """Show one session, whose it is, and what deleting it means."""
    record = _get_session(model_id)
    return render_template(
        "admin/account_session.html",
        record=record,
        owner=provider_records.find_owners([record]).get(record.key),
        shoot=shoots.find_by_provider_id(model_id),
        account=provider_account.find_account(),
        messages=provider_messages,
        studio=get_context().brand,
    )


@blueprint.post("/sessions/<model_id>/delete")
def delete_session(model_id: str) -> Response:
    """Delete a session at the provider, unless it is a person's open one."""
    _get_session(model_id)
    actor_id = get_current_person().id
    is_done = _attempt(
        lambda: provider_actions.delete_session(model_id, actor_id=actor_id, context=get_context()),
        _("The studio has deleted the session."),
    )
    if is_done:
        return redirect(url_for("account_records.show_records", page="sessions"), 303)
    return redirect(url_for("account_records.show_session", model_id=model_id), 303)


@blueprint.post("/members/move")
def update_membership() -> Response:
    """Move the selected members into a team of the provider."""
    keys = [key.replace("\0", "") for key in request.form.getlist("selected")]
    team_id = request.form.get("team_id", "").replace("\0", "")
    actor_id, context = get_current_person().id, get_context()
    _attempt(
        lambda: provider_actions.update_membership(keys, team_id=team_id, actor_id=actor_id, context=context),
        ngettext("%(num)s member is moved.", "%(num)s members are moved.", len(keys)),
    )
    return redirect(url_for("account_records.show_records", page="members"), 303)


@blueprint.post("/invites/send")
def send_invite() -> Response:
    """Invite an address by the provider's own mail."""
    address, team_id = request.form.get("address", ""), request.form.get("team_id") or None
    actor_id = get_current_person().id
    _attempt(
        lambda: provider_actions.send_invite(address, team_id=team_id, actor_id=actor_id, context=get_context()),
        _("The studio sends its invite now. The link in it works for 30 days."),
    )
    return redirect(url_for("account_records.show_records", page="invites"), 303)


@blueprint.post("/invites/revoke")
def revoke_invite() -> Response:
    """Revoke a pending invite."""
    address, actor_id = request.form.get("address", ""), get_current_person().id
    _attempt(
        lambda: provider_actions.revoke_invite(address, actor_id=actor_id, context=get_context()),
        _("The invite is revoked. Its place is free again."),
    )
    return redirect(url_for("account_records.show_records", page="invites"), 303)


@blueprint.post("/invites/find")
def find_invite() -> str:
    """Read the invite of an address now; the address stays out of the URL."""
    found: list[ProviderRecord | None] = []
    address = request.form.get("address", "")
    _attempt(lambda: found.append(provider_actions.find_invite(address, context=get_context())), "")
    if found == [None]:
        flash(_("The studio has no invite for this address."), "warn")
    return _render_records("invites", found=next(iter(found), None))


def _attempt(call: Callable[[], object], message: str) -> bool:
    """Make one call; flash the message, or why the provider did not do it, and return whether it did."""
    try:
        call()
    except ProviderError as error:
        flash(provider_messages.describe_error(error, get_context().clock()), "bad")
        return False
    if message:
        flash(message, "good")
    return True


def _render_records(page: str, **values: Any) -> str:
    kind = KINDS[page]
    filters, after = _parse_filters(), request.args.get("after", type=int)
    after = after if after is not None and abs(after) <= _LARGEST else None
    chosen = RecordFilter(
        kind=kind,
        status=filters.get("status"),
        search=filters.get("q"),
        is_unknown="unknown" in filters and kind is RecordKind.MODEL,
    )
    found = provider_records.list_records(chosen, PAGE + 1, after=after)
    account = provider_account.find_account()
    counts = provider_records.count_by_status(kind)
    return render_template(
        "admin/account_records.html",
        page=page,
        records=found[:PAGE],
        next_after=found[PAGE - 1].position if len(found) > PAGE else None,
        owners=provider_records.find_owners(found[:PAGE]),
        filters=filters,
        counts=counts,
        account=account,
        teams=account.content.get("teams", []) if account is not None else [],
        messages=provider_messages,
        studio=get_context().brand,
        now=get_context().clock(),
        **_list_extras(kind, counts),
        **({"found": None} | values),
    )


def _list_extras(kind: RecordKind, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return what one of the lists shows above it: the cap of invites, or the sessions without a person here."""
    extras: dict[str, Any] = {"unknown": 0, "cap": None, "open_invites": 0}
    if kind is RecordKind.MODEL:
        extras["unknown"] = provider_actions.count_unknown_sessions()
    if kind is RecordKind.INVITE:
        balance = credits.get_forecast().balance
        extras["cap"] = None if balance is None else int(balance * INVITES_PER_CREDIT)
        extras["open_invites"] = provider_actions.count_open_invites(counts)
    return extras


def _parse_filters() -> dict[str, str]:
    given = {name: request.args.get(name, "").strip().replace("\0", "") for name in ("status", "q", "unknown")}
    return {name: value[:_MAX_SEARCH_LENGTH] for name, value in given.items() if value}


def _get_session(model_id: str) -> ProviderRecord:
    record = provider_records.find_record(RecordKind.MODEL, model_id.replace("\0", ""))
    if record is None:
        raise NotFound
    return record
