"""The team member lists: everyone, and by how far they are."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox import serializers
from sandbox.api import request_parsing
from sandbox.api.responses import success
from sandbox.core import Sandbox
from sandbox.store import members

STATUSES = ("accepted", "pending", "finished")


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the four endpoints."""

    @api.get("/organization/team")
    def list_members() -> Response:
        page, status = request_parsing.page(), request_parsing.choice("status", STATUSES)
        with sandbox.read() as db:
            found, total = members.listed(db, status, page.limit, page.offset)
        shown = [serializers.member_out(sandbox, member) for member in found]
        return success(sandbox, members=shown, pagination=page.described(total))

    @api.get("/organization/team/accepted")
    def list_accepted() -> Response:
        with sandbox.read() as db:
            found, total = members.listed(db, "accepted", -1, 0)
        return success(sandbox, members=[serializers.accepted_out(member) for member in found], count=total)

    @api.get("/organization/team/pending")
    def list_pending() -> Response:
        return _by_status("pending")

    @api.get("/organization/team/finished")
    def list_finished() -> Response:
        return _by_status("finished")

    def _by_status(status: str) -> Response:
        with sandbox.read() as db:
            found, total = members.listed(db, status, -1, 0)
        shown = [serializers.member_out(sandbox, member) for member in found]
        return success(sandbox, members=shown, count=total)
