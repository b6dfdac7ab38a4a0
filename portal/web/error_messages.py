"""What is said to a person when something goes wrong: one sentence and one next step for each reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import g, request
from flask_babel import gettext as _

from portal.web.context import portal_context
from portal.web.security.safe_redirect import HOME, parse_own_page, parse_page_path

_SERVER_FAULT = 500


@dataclass(frozen=True)
class Words:
    """What an error page says.

    Attributes:
        step: what the button says, None for no button.
        target: where the button leads.
    """

    title: str
    sentence: str
    step: str | None = None
    target: str | None = None


def words_for(reason: str, status: int) -> Words:
    """Return the words for a reason, or for its status where the reason has none of its own."""
    said = _BY_REASON.get(reason) or _BY_STATUS.get(status)
    if said is not None:
        return said()
    return _broken() if status >= _SERVER_FAULT else _bad_input()


def _home() -> tuple[str, str]:
    return _("Go to the start page"), "/"


def _where_they_were() -> str:
    """Return the page somebody pressed something on, as their browser tells it; else their own page."""
    return parse_own_page(request.referrer, portal_context().settings.public_url) or HOME


def _the_page_again() -> tuple[str, str]:
    return _("Open the page again"), _where_they_were()


def mine() -> tuple[str, str]:
    """Return the step to the person's own page."""
    return _("Go to my headshots"), "/headshots"


def sign_in_address(**asked: str) -> str:
    """Return where to sign in, on the way to the page that the sign-in at hand was to lead to."""
    wanted = parse_page_path(g.get("return_to"))
    query = urlencode(asked | ({"next": wanted} if wanted not in {None, HOME} else {}))
    return f"/login?{query}" if query else "/login"


def _provider_down() -> Words:
    return Words(
        _("Your company’s sign-in does not answer"),
        _("Nobody can sign in for the moment. Try again in a minute; the portal goes on by itself as soon as it can."),
        _("Try again"),
        sign_in_address(),
    )


def _consent() -> Words:
    return Words(
        _("Your agreement comes first"),
        _("Before anything happens with your photos you are asked whether you agree."),
        _("Read and decide"),
        "/headshots/consent",
    )


def _not_ready() -> Words:
    return Words(_("Not yet"), _("This step comes later. Your page shows where you are."), *mine())


def _form_expired() -> Words:
    return Words(
        _("This form is out of date"),
        _("You signed in again meanwhile, or it was sent from elsewhere. Open the page once more and repeat it."),
        *_the_page_again(),
    )


def _wrong_host() -> Words:
    return Words(
        _("This is not the portal’s address"),
        _("Open %(address)s instead.", address=portal_context().settings.public_url),
        _("Open the portal"),
        portal_context().settings.public_url,
    )


def _signed_out() -> Words:
    return Words(
        _("You are signed out"),
        _("This takes signing in, and your last sign-in is over. Sign in and repeat what you did."),
        _("Sign in again"),
        "/login?" + urlencode({"next": _where_they_were()}),
    )


def _not_allowed() -> Words:
    return Words(
        _("This is not for you"), _("Your account may not open this page. If it should, ask for help."), *mine()
    )


def _unconfirmed() -> Words:
    return Words(
        _("Confirm that it is still you"),
        _(
            "What you may do here was last confirmed by your company’s sign-in more than 15 minutes ago. Nothing "
            "was changed. Confirm it, then repeat what you did."
        ),
        _("Confirm and go back"),
        "/login?" + urlencode({"confirm": "1", "next": _where_they_were()}),
    )


def _not_yourself() -> Words:
    return Words(
        _("You cannot do that to yourself"),
        _("You would lock yourself out. Ask somebody else who runs the campaign to do it."),
        *_home(),
    )


def _missing() -> Words:
    if request.method == "POST" and request.endpoint is not None:
        # Pressed twice, or on a page that was open for long; what is somebody else's is answered alike.
        return Words(
            _("That is gone already"),
            _("What you pressed belongs to something that has ended or was removed meanwhile. Nothing was changed."),
            *_the_page_again(),
        )
    return Words(
        _("There is nothing here"),
        _("The address is wrong, or what was here is gone."),
        *_home(),
    )


def _wrong_way() -> Words:
    return Words(
        _("This cannot be opened"),
        _("The address works only through the button on the page it belongs to. Nothing was changed."),
        *_home(),
    )


def _bad_input() -> Words:
    return Words(
        _("That did not make sense"),
        _("Something in the request was missing or wrong. Go back and try again."),
        *_home(),
    )


def _too_large() -> Words:
    return Words(_("That is too large"), _("The portal takes less than that at once."), *_home())


def _too_many() -> Words:
    return Words(
        _("One moment, please"),
        _("That was asked very often in a short time. Wait a minute, then try again."),
        *(_home() if g.get("person") is None else _the_page_again()),
    )


def _unavailable() -> Words:
    return Words(
        _("The portal cannot do this right now"),
        _("Something it needs does not answer. Nothing is lost; try again in a minute."),
        _("Try again"),
        "/headshots",
    )


def _broken() -> Words:
    return Words(
        _("Something went wrong"),
        _("It is our fault and has been noted. Try again; if it happens twice, tell your support the number below."),
        *_home(),
    )


_BY_REASON: dict[str, Callable[[], Words]] = {
    "identity_provider_unavailable": _provider_down,
    "consent_missing": _consent,
    "not_ready": _not_ready,
    "unconfirmed": _unconfirmed,
    "not_yourself": _not_yourself,
    "csrferror": _form_expired,
    "securityerror": _wrong_host,
}
_BY_STATUS: dict[int, Callable[[], Words]] = {
    400: _bad_input,
    401: _signed_out,
    403: _not_allowed,
    404: _missing,
    405: _wrong_way,
    413: _too_large,
    429: _too_many,
    503: _unavailable,
}
