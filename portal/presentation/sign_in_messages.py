"""The texts of pages for a refused sign-in: one sentence and one next step for each reason."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from portal.presentation.error_messages import ErrorContext, ErrorMessage, get_my_page_step


def get_sign_in_message(reason: str, context: ErrorContext) -> ErrorMessage:
    """Return the message for a refused sign-in."""
    return _BY_REASON.get(reason, _unverified)(context)


def get_group_overage_text() -> str:
    """Return the notice for a person whose groups the identity provider left out because there are too many."""
    text: str = _(
        "Your company’s sign-in didn’t send your groups because there are too many. You may see less than you should. "
        "Tell your IT support: “group overage”."
    )
    return text


def _retry_step(context: ErrorContext) -> tuple[str, str]:
    return _("Sign in again"), context.sign_in


def _switch_step(context: ErrorContext) -> tuple[str, str]:
    return _("Use another account"), context.switch_account


def _canceled(context: ErrorContext) -> ErrorMessage:
    if context.is_signed_in:
        return ErrorMessage(
            _("Sign-in was cancelled"),
            _("It was stopped at your company’s sign-in page. Nothing changed: you are still signed in here."),
            *get_my_page_step(),
        )
    return ErrorMessage(
        _("Sign-in was cancelled"),
        _("You were not signed in, because the sign-in was stopped or not allowed at your company’s sign-in page."),
        *_retry_step(context),
    )


def _attempt_expired(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("This sign-in is over"),
        _("It took too long, was used before or began in another browser. Begin again; it takes a moment."),
        *_retry_step(context),
    )


def _clock_skew(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("The clocks disagree"),
        _(
            "The clock of this portal and the clock of your company’s sign-in differ by more than 30 seconds, or "
            "the answer was too old. Try again; if it happens twice, tell your support that a clock is wrong."
        ),
        *_retry_step(context),
    )


def _no_email(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("Your account has no confirmed e-mail address"),
        _("The studio knows you by it. Ask your IT support to add or confirm it."),
        *_switch_step(context),
    )


def _wrong_domain(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("This account cannot be used here"),
        _("This portal is for work accounts of the company only. Sign in with your work account."),
        *_switch_step(context),
    )


def _deactivated(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("You no longer have access"),
        _("Your access to this portal was ended. If that is a mistake, ask for help."),
        *_switch_step(context),
    )


def _client_refused(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("Sign-in isn’t set up correctly"),
        _(
            "Your company’s sign-in refused this portal. Trying again won’t help. "
            "Tell your IT support the number below."
        ),
        *_retry_step(context),
    )


def _unverified(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("Sign-in did not work"),
        _(
            "The answer of your company’s sign-in could not be confirmed, so nobody was signed in. Try again; if "
            "it happens twice, tell your support the number below."
        ),
        *_retry_step(context),
    )


_BY_REASON: dict[str, Callable[[ErrorContext], ErrorMessage]] = {
    "cancelled": _canceled,
    "state_unknown": _attempt_expired,
    "attempt_expired": _attempt_expired,
    "code_refused": _attempt_expired,
    "client_refused": _client_refused,
    "client_key_invalid": _client_refused,
    "clock_ahead": _clock_skew,
    "token_expired": _clock_skew,
    "token_too_old": _clock_skew,
    "email_missing": _no_email,
    "email_malformed": _no_email,
    "email_unverified": _no_email,
    "domain_not_allowed": _wrong_domain,
    "person_deactivated": _deactivated,
}
