"""Texts of the health page: components, set-up steps, and the commands that set a value on each platform."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from portal.models.health_checks import HealthCheck
from portal.services.check_results import CheckText

PLATFORMS = ("heroku", "render", "fly", "dokku", "env")
PLATFORM_NAMES = {"heroku": "Heroku", "render": "Render", "fly": "Fly", "dokku": "Dokku", "env": ".env"}


@dataclass(frozen=True)
class StepMessage:
    """Words for one step of the set-up: what it is, what to do, and the endpoint of the page where it is done."""

    title: str
    text: str
    endpoint: str | None = None


def get_component_name(component: str) -> str:
    """Return a component of the checks."""
    names: dict[str, str] = {
        "database": _("Database"),
        "connections": _("Database connections"),
        "storage": _("Photo storage"),
        "sign-in": _("Sign-in"),
        "provider": _("Studio API key"),
        "clocks": _("Clocks"),
        "studio": _("Studio frame and camera"),
        "whitelabel": _("Sessions by API (whitelabel)"),
        "webhooks": _("Webhooks"),
        "signatures": _("Webhook signatures"),
        "secrets": _("Age of keys"),
        "mail": _("Mail"),
    }
    return names.get(component, component)


def get_check_text(check: HealthCheck) -> str:
    """Return the result of a check in the reader's language; a result an older version has stored is English."""
    message = CheckText.from_json(check.message) if check.message is not None else None
    # An older version replaces the text and leaves the message.
    if message is None or str(message) != check.text:
        return check.text
    return message.format(_)


def get_step(key: str) -> StepMessage:
    """Return the words of a set-up step."""
    steps: dict[str, StepMessage] = {
        "sign_in": StepMessage(
            _("People can sign in"), _("Set OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, then run the checks.")
        ),
        "provider": StepMessage(
            _("The studio accepts the API key"), _("Set HEADSHOT_API_KEY to the key from the studio’s admin pages.")
        ),
        "storage": StepMessage(_("Photos can be stored"), _("Set STORAGE_URL to a bucket or a folder that lasts.")),
        "mail": StepMessage(_("Mail is sent"), _("Set MAIL_URL and MAIL_FROM. Without them, no mail is sent.")),
        "whitelabel": StepMessage(
            _("The studio creates sessions"),
            _("Make a test session below. It costs no credit."),
        ),
        "webhook": StepMessage(
            _("A webhook arrived"),
            _("Enter this portal’s webhook address in the studio’s admin pages and set HEADSHOT_WEBHOOK_SECRET."),
        ),
        "session": StepMessage(
            _("A first session is finished"),
            _("Upload test photos in your test session; sample headshots arrive in minutes."),
            "headshots.show_my_page",
        ),
        "roster": StepMessage(
            _("People are on the roster"),
            _("Import a list, or let everyone with the link sign in."),
            "roster.show_new_import",
        ),
        "campaign": StepMessage(
            _("A campaign has started"),
            _("Write the message, check who gets it, then start."),
            "campaigns.show_campaigns",
        ),
    }
    return steps[key]


def build_command(platform: str, variable: str, value: str) -> str:
    """Return the command that sets a variable; on platforms without one the line of the settings page."""
    commands = {
        "heroku": f'heroku config:set {variable}="{value}"',
        "fly": f'fly secrets set {variable}="{value}"',
        "dokku": f'dokku config:set APP {variable}="{value}"',
        "render": f"{variable}={value}",
        "env": f"{variable}={value}",
    }
    return commands[platform]
