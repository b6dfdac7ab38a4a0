"""Sentences on why photos could not be brought here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from flask_babel import ngettext

_TOO_LARGE = {"side_too_long", "too_many_pixels", "too_many_bytes", "too_many_segments"}
_DAMAGED = {"broken", "not_a_photo", "cannot_render"}


def list_reasons(refused: Mapping[str, int]) -> list[str]:
    """Return one sentence for each kind of reason, from the counts of stable reasons."""
    kinds: Counter[str] = Counter()
    for reason, count in refused.items():
        kinds[_get_kind(reason)] += count
    return [_build_sentence(kind, count) for kind, count in sorted(kinds.items())]


def _get_kind(reason: str) -> str:
    if reason in _TOO_LARGE:
        return "too_large"
    if reason in _DAMAGED:
        return "damaged"
    return "no_room" if reason == "no_room" else "unavailable"


def _build_sentence(kind: str, count: int) -> str:
    sentences: dict[str, str] = {
        "too_large": ngettext("%(num)s is too large.", "%(num)s are too large.", count),
        "damaged": ngettext("%(num)s arrived damaged.", "%(num)s arrived damaged.", count),
        "no_room": ngettext(
            "%(num)s is beyond the space of one session.", "%(num)s are beyond the space of one session.", count
        ),
        "unavailable": ngettext(
            "The studio didn’t deliver %(num)s of them.", "The studio didn’t deliver %(num)s of them.", count
        ),
    }
    return sentences[kind]
