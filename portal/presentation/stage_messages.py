"""The headline of a person's page for each stage."""

from __future__ import annotations

from flask_babel import gettext as _

from portal.domain.stages import Problem


def get_problem_title(problem: Problem) -> str:
    """Return the headline for a photo session that cannot continue by itself."""
    titles: dict[Problem, str] = {
        Problem.LINK_LOST: _("Your link to the studio no longer works"),
        Problem.NO_CREDITS: _("There is no free session at the moment"),
        Problem.REFUSED: _("The studio could not start your session"),
        Problem.NO_PHOTOS: _("Your pictures have not arrived"),
        Problem.NOT_CHOSEN: _("Your pictures have been deleted"),
    }
    return titles[problem]


def get_stage_title(key: str, *, is_copying: bool) -> str:
    """Return the headline for a stage.

    Args:
        key: a stage, ``starting`` or ``withdrawn``.
        is_copying: the finished photos are being copied into our storage.
    """
    titles: dict[str, str] = {
        "not_started": _("Get your headshot"),
        "consent_given": _("Ready when you are"),
        "starting": _("Preparing your studio"),
        "in_studio": _("Take your photos"),
        "photos_received": _("Your photos have arrived"),
        "in_progress": _("Your headshots are almost here") if is_copying else _("Your headshots are being made"),
        "withdrawn": _("You have withdrawn your agreement"),
        "ready": _("Your headshots are ready"),
        "chosen": _("This is your headshot"),
        "deleted": _("Your photo session has been deleted"),
    }
    return titles[key]
