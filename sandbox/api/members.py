"""The member endpoints: all members, and members by status."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox import serializers
from sandbox.api import request_parsing
from sandbox.api.responses import build_success
from sandbox.core import Sandbox
from sandbox.store import members

STATUSES = ("accepted", "pending", "finished")


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the endpoints."""

    @api.get("/organization/team")
    def list_members() -> Response:
        page, status = request_parsing.parse_page(), request_parsing.parse_choice("status", STATUSES)
        with sandbox.read() as db:
            found, total = members.list_members(db, status, page.limit, page.offset)
        shown = [serializers.serialize_member(sandbox, member) for member in found]
        return build_success(sandbox, members=shown, pagination=page.serialize_pagination(total))

    @api.get("/organization/team/accepted")
    def list_accepted() -> Response:
        with sandbox.read() as db:
            found, total = members.list_members(db, "accepted", -1, 0)
        return build_success(
            sandbox, members=[serializers.serialize_accepted_member(member) for member in found], count=total
        )

    @api.get("/organization/team/pending")
    def list_pending() -> Response:
        return _by_status("pending")

    @api.get("/organization/team/finished")
    def list_finished() -> Response:
        return _by_status("finished")

    def _by_status(status: str) -> Response:
        with sandbox.read() as db:
            found, total = members.list_members(db, status, -1, 0)
        shown = [serializers.serialize_member(sandbox, member) for member in found]
        return build_success(sandbox, members=shown, count=total)
