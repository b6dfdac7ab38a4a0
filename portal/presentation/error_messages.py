"""The texts of error pages: one sentence and one next step for each error reason or HTTP status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _

_SERVER_FAULT = 500
_HOME = "/"
_MY_PAGE = "/headshots"


@dataclass(frozen=True)
class ErrorMessage:
    """The text of one error page.

    Attributes:
        step: label of the button, None for no button.
        target: address the button leads to.
    """

    title: str
    sentence: str
    step: str | None = None
    target: str | None = None


@dataclass(frozen=True, kw_only=True)
class ErrorContext:
    """What error pages depend on besides the error. Addresses are paths of the portal unless named otherwise.

    Attributes:
        is_signed_in: the request has a session of a person.
        has_group_overage: the identity provider left out the person's groups because there are too many.
        is_known_form: the request posts to an address that exists.
        public_url: absolute address of the portal.
        previous_page: page the request came from, else the person's own page.
        sign_in: starts a sign-in that continues to the requested page.
        switch_account: the same with the identity provider's account chooser.
        sign_in_again: starts a sign-in that returns to ``previous_page``.
        confirm_sign_in: the same, with the password entered once more.
        max_megabytes: the largest file or form that the address takes.
    """

    is_signed_in: bool
    has_group_overage: bool
    is_known_form: bool
    public_url: str
    previous_page: str
    sign_in: str
    switch_account: str
    sign_in_again: str
    confirm_sign_in: str
    max_megabytes: int


def get_error_message(reason: str, status: int, context: ErrorContext) -> ErrorMessage:
    """Return the message for an error reason, or for the HTTP status if the reason has none of its own."""
    build = _BY_REASON.get(reason) or _BY_STATUS.get(status)
    if build is not None:
        return build(context)
    return _unexpected(context) if status >= _SERVER_FAULT else _bad_input(context)


def get_my_page_step() -> tuple[str, str]:
    """Return label and address of the step to the person's own page."""
    return _("Go to my headshots"), _MY_PAGE


def _home_step() -> tuple[str, str]:
    return _("Go to the start page"), _HOME


def _reopen_step(context: ErrorContext) -> tuple[str, str]:
    return _("Reload the page"), context.previous_page


def _identity_provider_unavailable(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("Your company’s sign-in isn’t responding"),
        _("You can’t sign in right now. Try again in a minute."),
        _("Try again"),
        context.sign_in,
    )


def _consent_missing(_context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("We need your agreement first"),
        _("Nothing happens with your photos until you agree."),
        _("See what happens with your photos"),
        "/headshots/consent",
    )


def _not_ready(_context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(_("This step comes later"), _("Your page shows what’s next."), *get_my_page_step())


def _form_expired(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("This page is out of date"),
        _("Nothing was changed. Reload the page and do it once more."),
        *_reopen_step(context),
    )


def _wrong_host(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("This isn’t the portal’s address"),
        _("Open %(address)s instead.", address=context.public_url),
        _("Open the portal"),
        context.public_url,
    )


def _signed_out(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("You’re signed out"),
        _("Nothing was changed. Sign in and do it once more."),
        _("Sign in again"),
        context.sign_in_again,
    )


def _not_allowed(context: ErrorContext) -> ErrorMessage:
    if context.has_group_overage:
        return ErrorMessage(
            _("Your groups are missing"),
            _(
                "Your company’s sign-in didn’t send your groups because there are too many, so this page stays closed. "
                "Tell your IT support: “group overage”."
            ),
            *get_my_page_step(),
        )
    return ErrorMessage(
        _("You don’t have access to this page"),
        _("If you should have access, ask your admins."),
        *get_my_page_step(),
    )


def _confirmation_required(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("Confirm it’s you"),
        _("You last signed in more than 15 minutes ago. Nothing was changed. Confirm it’s you, then do it once more."),
        _("Confirm and go back"),
        context.confirm_sign_in,
    )


def _own_account(_context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("You can’t do this to yourself"),
        _("You’d lock yourself out. Ask another admin to do it."),
        *_home_step(),
    )


def _not_found(context: ErrorContext) -> ErrorMessage:
    if context.is_known_form:
        # A second press, or a page that was open for long. A record of another person gets the same response.
        return ErrorMessage(
            _("That’s already gone"),
            _("It ended or was removed in the meantime. Nothing was changed."),
            *_reopen_step(context),
        )
    return ErrorMessage(
        _("This page isn’t available"),
        _("It may have moved, or it belongs to someone else."),
        *_home_step(),
    )


def _method_not_allowed(_context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("This address can’t be opened"),
        _("It only works with the button on its page. Nothing was changed."),
        *_home_step(),
    )


def _bad_input(_context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("Something’s missing"),
        _("Part of the request was missing or wrong. Go back and try again."),
        *_home_step(),
    )


def _too_large(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("That’s too large"),
        _("Up to %(size)s MB can be sent here at once. Nothing was stored.", size=context.max_megabytes),
        _("Go back"),
        context.previous_page,
    )


def _policy_changed(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("The text has changed"),
        _("A new version was published after you opened the page. Read it before you agree."),
        *_reopen_step(context),
    )


def _reason_missing(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("A reason is missing"),
        _("Go back and write why you need these pictures, in a few words."),
        *_reopen_step(context),
    )


def _changed_meanwhile(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("Not saved: this changed in the meantime"),
        _("You or another admin changed it first. Open the page again and check before you repeat it."),
        *_reopen_step(context),
    )


def _link_closed(_context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("You can’t join with this link"),
        _("It has ended, is used up, or isn’t for your address. Ask the person who sent it."),
        *get_my_page_step(),
    )


def _rate_limited(context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("That was too fast"),
        _("There were many requests in a short time. Wait a minute, then try again."),
        *(_home_step() if not context.is_signed_in else _reopen_step(context)),
    )


def _unavailable(_context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("This isn’t working right now"),
        _("A part of the portal isn’t responding. Nothing is lost. Try again in a minute."),
        _("Try again"),
        "/headshots",
    )


def _unexpected(_context: ErrorContext) -> ErrorMessage:
    return ErrorMessage(
        _("Something went wrong"),
        _("It’s our fault. Try again. If it happens twice, contact support with the reference below."),
        *_home_step(),
    )


_BY_REASON: dict[str, Callable[[ErrorContext], ErrorMessage]] = {
    "identity_provider_unavailable": _identity_provider_unavailable,
    "consent_missing": _consent_missing,
    "not_ready": _not_ready,
    "unconfirmed": _confirmation_required,
    "not_yourself": _own_account,
    "changed_meanwhile": _changed_meanwhile,
    "policy_changed": _policy_changed,
    "reason_missing": _reason_missing,
    "link_closed": _link_closed,
    "csrferror": _form_expired,
    "securityerror": _wrong_host,
}
_BY_STATUS: dict[int, Callable[[ErrorContext], ErrorMessage]] = {
    400: _bad_input,
    401: _signed_out,
    403: _not_allowed,
    404: _not_found,
    405: _method_not_allowed,
    413: _too_large,
    429: _rate_limited,
    503: _unavailable,
}
