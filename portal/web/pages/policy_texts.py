"""What people agree to and how long things are kept, in the reader's language; nothing is recorded here."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import get_locale, gettext

from portal.domain import consent
from portal.domain.consent import Policy
from portal.web.context import portal_context


@dataclass(frozen=True)
class Term:
    """One row of the table of terms: what is kept, where, until when."""

    what: str
    where: str
    until: str


def studio_name() -> str:
    """Return the name of the company that runs the studio."""
    return portal_context().brand.name


def policy() -> Policy:
    """Return the text a person agrees to, in the language of this request."""
    company = portal_context().settings.brand_name
    return consent.policy(gettext, locale=str(get_locale() or "en"), company=company, studio=studio_name())


def retention() -> list[Term]:
    """Return how long each kind of data is kept, as the public page shows it."""
    here = gettext("This portal")
    return [
        Term(
            gettext("Photos you take or upload"),
            studio_name(),
            gettext("30 days after your headshots are ready"),
        ),
        Term(
            gettext("Measurements of your face"),
            studio_name(),
            gettext("only while your headshots are made; they never reach this portal"),
        ),
        Term(gettext("Headshots you do not choose"), here, gettext("90 days after they were made")),
        Term(
            gettext("The headshot you choose"),
            here,
            gettext("while it is in use, or until you ask for it to be deleted"),
        ),
        Term(gettext("Your agreement"), here, gettext("kept as proof as long as the law asks for it")),
    ]
