"""The sign-up page of an invite: one button that starts the session."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from sandbox import invitations
from sandbox.core import Sandbox
from sandbox.errors import ApiError
from sandbox.sessions import build_signed_url
from sandbox.store import invites, organization


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Build the sign-up page of one sandbox."""
    pages = Blueprint("signup", __name__)

    @pages.get("/auth/signup")
    def signup() -> str:
        with sandbox.read() as db:
            invite = invites.find_invite(db, request.args.get("invite", ""))
            name = organization.get_organization(db).name
        if invite is None:
            abort(404)
        usable = invite.status == "pending" and not invitations.is_expired(sandbox, invite)
        return render_template(
            "sandbox/signup.html", invite=invite, usable=usable, brand=sandbox.brand, organization=name
        )

    @pages.post("/auth/signup")
    def accept() -> BaseResponse:
        try:
            with sandbox.write() as db:
                invite = invites.find_invite(db, request.form.get("invite", ""))
                if invite is None:
                    abort(404)
                model = invitations.accept_invite(sandbox, db, invite)
        except ApiError as exc:
            return Response(f"{exc.message}\n", 410, content_type="text/plain")
        return redirect(build_signed_url(sandbox, model), 303)

    return pages
