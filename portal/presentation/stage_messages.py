"""The headline of a person's page for each stage."""

from __future__ import annotations

from flask_babel import gettext as _

from portal.domain.stages import Problem


def get_problem_title(problem: Problem) -> str:
    """Return the headline for a photo session that cannot continue by itself."""
    titles: dict[Problem, str] = {
        Problem.LINK_LOST: _("Your studio link stopped working"),
        Problem.NO_CREDITS: _("No photo session is free right now"),
        Problem.REFUSED: _("Your photo session couldn’t start"),
        Problem.ADDRESS_TAKEN: _("Your address already has a photo session"),
        Problem.NO_PHOTOS: _("Your headshots haven’t arrived"),
        Problem.NOT_CHOSEN: _("Your headshots were deleted"),
    }
    return titles[problem]


def get_stage_title(key: str, *, is_copying: bool) -> str:
    """Return the headline for a stage.

    Args:
        key: a stage, or ``starting``.
        is_copying: the finished photos are being copied into our storage.
    """
    titles: dict[str, str] = {
        "not_started": _("Get your headshot"),
        "consent_given": _("Ready when you are"),
        "starting": _("Take your photos"),
        "in_studio": _("Take your photos"),
        "photos_received": _("Your headshots are on the way"),
        "in_progress": _("Saving your headshots") if is_copying else _("Your headshots are on the way"),
        "withdrawn": _("You withdrew your agreement"),
        "ready": _("Your headshots are ready"),
        "chosen": _("You’re all set"),
        "deleted": _("This photo session was deleted"),
    }
    return titles[key]
