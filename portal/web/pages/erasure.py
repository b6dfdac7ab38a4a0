"""Deleting everything about oneself, and the public receipt of an erasure."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.services import erasure
from portal.web.context import get_context
from portal.web.security.access import get_current_person
from portal.web.security.sessions import get_current_session

blueprint = Blueprint("erasure", __name__)


@blueprint.get("/my-data/delete")
def show_erasure() -> str:
    """Show what is deleted and ask for confirmation."""
    return _render_question()


@blueprint.post("/my-data/delete")
def request_erasure() -> AnyResponse | tuple[str, int]:
    """Erase the signed-in person, sign them out and show the receipt."""
    if request.form.get("confirmed") != "yes":
        return _render_question(is_unconfirmed=True), 400
    person = get_current_person()
    receipt_id = erasure.request_erasure(person.id, get_context(), actor_id=person.id)
    get_current_session().clear_session()
    g.person = None
    return redirect(url_for("erasure.show_receipt", erasure_id=receipt_id), 303)


def _render_question(*, is_unconfirmed: bool = False) -> str:
    context = get_context()
    return render_template(
        "account/delete.html",
        is_unconfirmed=is_unconfirmed,
        studio=context.brand.name,
        company=context.settings.brand_name,
    )


@blueprint.get("/deleted/<uuid:erasure_id>")
def show_receipt(erasure_id: UUID) -> AnyResponse:
    """Show how far an erasure is; its address is the receipt, so that no sign-in is needed."""
    receipt = erasure.get_receipt(erasure_id)
    context = get_context()
    page = render_template(
        "pages/receipt.html",
        receipt=receipt,
        now=context.clock(),
        studio=context.brand.name,
        waiting_since=receipt.local_at or receipt.requested_at,
    )
    return make_response(page, {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})
