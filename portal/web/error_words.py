"""What is said to a person when something goes wrong: one sentence and one next step for each reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from portal.web.auth.returns import HOME, own_page
from portal.web.context import portal_context

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


def sign_in_words(reason: str) -> Words:
    """Return the words for a refused sign-in."""
    return _BY_SIGN_IN.get(reason, _not_proved)()


def _again() -> tuple[str, str]:
    return _("Sign in again"), "/login"


def _home() -> tuple[str, str]:
    return _("Go to the start page"), "/"


def _where_they_were() -> str:
    """Return the page somebody pressed something on, as their browser tells it; else their own page."""
    return own_page(request.referrer, portal_context().settings.public_url) or HOME


def _mine() -> tuple[str, str]:
    return _("Go to my headshots"), "/headshots"


def _cancelled() -> Words:
    return Words(
        _("Sign-in was cancelled"),
        _("You were not signed in, because the sign-in was stopped or not allowed at your company’s sign-in page."),
        *_again(),
    )


def _too_late() -> Words:
    return Words(
        _("This sign-in is over"),
        _("It took too long, was used before or began in another browser. Begin again; it takes a moment."),
        *_again(),
    )


def _clock() -> Words:
    return Words(
        _("The clocks disagree"),
        _(
            "The clock of this portal and the clock of your company’s sign-in differ by more than 30 seconds, or "
            "the answer was too old. Try again; if it happens twice, tell your support that a clock is wrong."
        ),
        *_again(),
    )


def _no_email() -> Words:
    return Words(
        _("Your account has no confirmed e-mail address"),
        _("The studio knows you by it. Ask your IT support to add or confirm it."),
        _("Use another account"),
        "/login?switch=1",
    )


def _wrong_domain() -> Words:
    return Words(
        _("This account cannot be used here"),
        _("This portal is for work accounts of the company only. Sign in with your work account."),
        _("Use another account"),
        "/login?switch=1",
    )


def _deactivated() -> Words:
    return Words(
        _("You no longer have access"), _("Your access to this portal was ended. If that is a mistake, ask for help.")
    )


def _not_proved() -> Words:
    return Words(
        _("Sign-in did not work"),
        _(
            "The answer of your company’s sign-in could not be confirmed, so nobody was signed in. Try again; if "
            "it happens twice, tell your support the number below."
        ),
        *_again(),
    )


def _provider_down() -> Words:
    return Words(
        _("Your company’s sign-in does not answer"),
        _("Nobody can sign in for the moment. Try again in a minute; the portal goes on by itself as soon as it can."),
        _("Try again"),
        "/login",
    )


def _consent() -> Words:
    return Words(
        _("Your agreement comes first"),
        _("Before anything happens with your photos you are asked whether you agree."),
        _("Read and decide"),
        "/headshots/consent",
    )


def _not_ready() -> Words:
    return Words(_("Not yet"), _("This step comes later. Your page shows where you are."), *_mine())


def _form_expired() -> Words:
    return Words(
        _("This form is out of date"),
        _("You signed in again meanwhile, or it was sent from elsewhere. Open the page once more and repeat it."),
        _("Open the page again"),
        _where_they_were(),
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
        _("This is not for you"), _("Your account may not open this page. If it should, ask for help."), *_mine()
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
    return Words(
        _("There is nothing here"),
        _("The address is wrong, or what was here is gone."),
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
        *_home(),
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


_BY_SIGN_IN: dict[str, Callable[[], Words]] = {
    "cancelled": _cancelled,
    "state_unknown": _too_late,
    "attempt_expired": _too_late,
    "code_refused": _too_late,
    "clock_ahead": _clock,
    "token_expired": _clock,
    "token_too_old": _clock,
    "email_missing": _no_email,
    "email_malformed": _no_email,
    "email_unverified": _no_email,
    "domain_not_allowed": _wrong_domain,
    "person_deactivated": _deactivated,
}
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
    405: _bad_input,
    413: _too_large,
    429: _too_many,
    503: _unavailable,
}
