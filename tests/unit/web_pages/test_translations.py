"""The translations: complete, compiled, with the same blanks to fill in as the source."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portal.domain.consent import Policy

TOP = Path(__file__).parents[3]
TRANSLATIONS = TOP / "translations"
LANGUAGES = sorted(path.name for path in TRANSLATIONS.iterdir() if path.is_dir())
METHODS = [
    ("portal/presentation/**.py", "python"),
    ("portal/services/**.py", "python"),
    ("portal/web/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
# A template with a mistake in it would otherwise be passed over without a word.
OPTIONS = {"**.html": {"silent": "false"}, "**.txt": {"silent": "false"}}
# Words of constants are looked up when a page is made, in its language.
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "_lp": ((1, "c"), 2), "CheckText": None}
BLANK = re.compile(r"%\((\w+)\)s")


def read_catalog(language: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def list_messages_in_code() -> set[str | tuple[str, ...]]:
    # Only the folders that hold words: the rest of the tree is large and has none.
    found: set[str | tuple[str, ...]] = set()
    for folder in ("portal", "templates"):
        methods = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in METHODS]
        for _file, _line, message, _comments, _context in extract_from_dir(TOP / folder, methods, OPTIONS, KEYWORDS):
            found.add(message)
    return found


def test_apostrophes_are_typographic() -> None:
    texts = [
        text for found in list_messages_in_code() for text in ([found] if isinstance(found, str) else found) if text
    ]
    assert [text for text in texts if re.search(r"\w'\w", text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    known = {message.id: message.string for message in read_catalog(language) if message.id}
    assert list_messages_in_code() - set(known) == set()
    untranslated = [
        key
        for key, text_parts in known.items()
        if not (all(text_parts) if isinstance(text_parts, tuple) else text_parts)
    ]
    assert untranslated == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_of_translations_match(language: str) -> None:
    for message in read_catalog(language):
        for source, text_parts in zip(list_forms(message.id), list_forms(message.string), strict=True):
            assert set(BLANK.findall(source)) == set(BLANK.findall(text_parts)), source


def list_forms(text: object) -> tuple[str, ...]:
    """The forms of a message, one or singular and plural; the header has no blanks."""
    return tuple(text) if isinstance(text, tuple | list) else (str(text),)


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_translations_are_up_to_date(language: str) -> None:
    expected = BytesIO()
    write_mo(expected, read_catalog(language))
    compiled = TRANSLATIONS / language / "LC_MESSAGES" / "messages.mo"
    assert compiled.read_bytes() == expected.getvalue()


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_policy_is_complete_in_every_language(language: str, policy_in: Callable[..., Policy]) -> None:
    policy = policy_in(language)
    assert policy.locale == language
    assert all(len(block.text) > 60 and block.heading for block in policy.blocks)
    assert all(purpose.label for purpose in policy.purposes)
    assert "Example" in policy.text
    assert "The Studio" in policy.text
