"""The pages with the mails that the demo's portal sent: a list, and each one as HTML, plain text and headers."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from sandbox import local_only
from sandbox.mail_sink import KeptMail, MailSink

MAX_LISTED = 200
# The HTML of a mail runs nothing; its links open pages of their own.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_PAGE_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def create_blueprint(sink: MailSink) -> Blueprint:
    """Build the pages of one sink."""
    pages = Blueprint("mails", __name__, url_prefix="/mails")
    local_only.restrict_to_loopback(pages)

    @pages.get("")
    def show_mails() -> str:
        mails = sink.list_mails()
        return render_template("sandbox/mails.html", mails=mails[:MAX_LISTED], count=len(mails))

    @pages.get("/<int:number>")
    def show_mail(number: int) -> str:
        return render_template("sandbox/mail.html", mail=_get_mail(sink, number))

    @pages.get("/<int:number>/html")
    def show_html(number: int) -> Response:
        # A link inside a frame of the sandbox would open there.
        html = _get_mail(sink, number).get_part("html").replace("<head>", '<head><base target="_blank">', 1)
        return Response(html, headers={"Content-Security-Policy": _MAIL_POLICY})

    @pages.after_request
    def add_headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return pages


def _get_mail(sink: MailSink, number: int) -> KeptMail:
    mail = sink.find_mail(number)
    if mail is None:
        abort(404)
    return mail
