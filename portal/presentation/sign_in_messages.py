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
            _("Sign-in canceled"),
            _("You stopped at your company’s sign-in page. You’re still signed in here."),
            *get_my_page_step(),
        )
    return ErrorMessage(
        _("Sign-in canceled"),
        _("It was stopped or not allowed at your company’s sign-in page."),
        *_retry_step(context),
    )


def _attempt_expired(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("This sign-in expired"),
        _("It took too long, was already used, or started in another browser. Sign in again."),
        *_retry_step(context),
    )


def _clock_skew(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("The clocks don’t match"),
        _(
            "This portal’s clock and your company’s sign-in differ by more than 30 seconds. Try again, then contact "
            "support."
        ),
        *_retry_step(context),
    )


def _no_email(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("Your account has no confirmed email address"),
        _("You need one for the photo studio. Ask your IT support to add or confirm it."),
        *_switch_step(context),
    )


def _wrong_domain(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("You can’t use this account here"),
        _("Sign in with your work account."),
        *_switch_step(context),
    )


def _not_on_roster(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("You’re not on the list yet"),
        _("Only people your company has listed can sign in. Ask the people who run this portal to add you."),
        *_switch_step(context),
    )


def _deactivated(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("You no longer have access"),
        _("An admin ended your access to this portal. If that’s a mistake, ask for help."),
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
        _("Sign-in didn’t work"),
        _("We couldn’t confirm it with your company. Try again. If it happens twice, contact support."),
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
    "not_on_roster": _not_on_roster,
    "person_deactivated": _deactivated,
}
