"""What is said to a person whose sign-in was refused: one sentence and one next step for each reason."""

from __future__ import annotations

from collections.abc import Callable

from flask import g
from flask_babel import gettext as _

from portal.web.error_messages import Words, mine, sign_in_address


def build_sign_in_message(reason: str) -> Words:
    """Return the words for a refused sign-in."""
    return _BY_REASON.get(reason, _not_proved)()


def _again() -> tuple[str, str]:
    return _("Sign in again"), sign_in_address()


def _as_somebody_else() -> tuple[str, str]:
    return _("Use another account"), sign_in_address(switch="1")


def _cancelled() -> Words:
    if g.get("person") is not None:
        return Words(
            _("Sign-in was cancelled"),
            _("It was stopped at your company’s sign-in page. Nothing changed: you are still signed in here."),
            *mine(),
        )
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
        *_as_somebody_else(),
    )


def _wrong_domain() -> Words:
    return Words(
        _("This account cannot be used here"),
        _("This portal is for work accounts of the company only. Sign in with your work account."),
        *_as_somebody_else(),
    )


def _deactivated() -> Words:
    return Words(
        _("You no longer have access"),
        _("Your access to this portal was ended. If that is a mistake, ask for help."),
        *_as_somebody_else(),
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


_BY_REASON: dict[str, Callable[[], Words]] = {
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
