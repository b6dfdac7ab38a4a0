"""Cleaning of short texts from other systems before they are stored or shown."""

from __future__ import annotations

import unicodedata

# Zero-width non-joiner and joiner: spelling in Persian, Hindi and other scripts, invisible anywhere else.
_JOINERS = "\u200c\u200d"


def normalize_line(value: object, max_chars: int) -> str | None:
    """Return one printable line of at most ``max_chars`` characters, None if nothing is left.

    Control and invisible characters are removed, except joiners (U+200C, U+200D) between letters.
    """
    if not isinstance(value, str):
        return None
    kept = "".join(char for char in value if char.isprintable() or char in _JOINERS)
    return _remove_stray_joiners(kept).strip()[:max_chars].strip(_JOINERS + " ") or None


def is_storable(text: str) -> bool:
    """Return whether PostgreSQL can store the text: no NUL and no lone surrogates."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _remove_stray_joiners(text: str) -> str:
    if not any(char in text for char in _JOINERS):
        return text
    kept = []
    for index, char in enumerate(text):
        if char in _JOINERS and not (_is_alphabetic(text, index - 1) and _is_alphabetic(text, index + 1)):
            continue
        kept.append(char)
    return "".join(kept)


def _is_alphabetic(text: str, index: int) -> bool:
    """Return whether there is a letter or a combining mark at ``index``."""
    return 0 <= index < len(text) and unicodedata.category(text[index])[0] in "LM"
