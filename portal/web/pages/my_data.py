"""My data: what is kept about a person, who looked at it, what they agreed to, and the export."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portal.db import release_connection
from portal.domain import retention
from portal.models.archives import ArchiveKind
from portal.presentation import my_data_messages, retention_messages
from portal.services import archives, my_data
from portal.web.context import get_context
from portal.web.downloads import build_download
from portal.web.security.access import get_current_person

_PERIODS = {
    "download_period": retention.DOWNLOADS,
    "account_period": retention.INACTIVE_PEOPLE,
    "audit_period": retention.AUDIT_TRAIL,
    "message_period": retention.WEBHOOK_BODIES,
    "delivery_period": retention.DELIVERIES,
    "mail_period": retention.MAILS,
    "proof_period": retention.ERASURE_RECEIPTS,
}
blueprint = Blueprint("my_data", __name__, url_prefix="/headshots/data")


@blueprint.get("")
def show_my_data() -> str:
    """Show what is kept, where and until when."""
    context = get_context()
    periods = context.settings.retention
    return render_template(
        "my_data/show.html",
        data=my_data.get_my_data(get_current_person(), periods, now=context.clock()),
        company=context.settings.brand_name,
        studio=context.brand.name,
        upload_days=periods[retention.STUDIO_UPLOADS].days,
        unchosen_days=periods[retention.UNCHOSEN_PHOTOS].days,
        own_days=periods[retention.OWN_PHOTOS].days,
        **{name: retention_messages.format_period(periods[rule]) for name, rule in _PERIODS.items()},
        messages=my_data_messages,
    )


@blueprint.get("/agreements/<uuid:consent_id>")
def show_agreement(consent_id: UUID) -> str:
    """Show a text the person agreed to, word for word."""
    return render_template("my_data/agreement.html", agreed=my_data.get_agreement(get_current_person(), consent_id))


@blueprint.post("/export")
def create_export() -> AnyResponse:
    """Have the person's data collected in a ZIP file; the page shows its progress."""
    person = get_current_person()
    label = _("data")
    my_data.request_export(person, file_name=f"{person.name} {label}", context=get_context())
    return redirect(url_for("my_data.show_my_data", _anchor="export"), 303)


@blueprint.post("/export/<uuid:archive_id>")
def download_export(archive_id: UUID) -> Response:
    """Download the ZIP file once. A form and no link, as a download uses it up."""
    person, context = get_current_person(), get_context()
    archive, stream = archives.open_archive(person, archive_id, kinds=[ArchiveKind.DATA], context=context)
    release_connection()
    return build_download(stream, content_type="application/zip", file_name=archive.file_name, size=archive.size)
