"""File names of an export, from a template such as ``{employee_number}_{last}_{first}.jpg``."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from string import Formatter

DEFAULT_TEMPLATE = "{employee_number}_{last}_{first}.jpg"
FIELDS = ("employee_number", "last", "first", "name", "email", "team")
MAX_TEMPLATE_LENGTH = 120
_MAX_NAME_LENGTH = 120
_UNSAFE = re.compile(r"[^\w.@+-]+")
# Names that Windows reserves, with any ending.
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")


class TemplateInvalid(ValueError):
    """A template names an unknown field or nothing that differs between people."""


@dataclass(frozen=True)
class NameParts:
    """What a file name can be made of; an unknown part is empty."""

    name: str
    email: str
    employee_number: str = ""
    team: str = ""

    @property
    def first(self) -> str:
        """The given names: all words but the last; empty for a name of one word."""
        return self.name.rpartition(" ")[0]

    @property
    def last(self) -> str:
        """The family name: the last word."""
        return self.name.rpartition(" ")[2]


def parse_template(text: str) -> str:
    """Return the template without its file ending.

    Raises:
        TemplateInvalid: it is too long, has an unknown field, a format or no field at all.
    """
    template = re.sub(r"(?i)\.(jpe?g|png)$", "", text.strip())
    try:
        parsed = list(Formatter().parse(template))
    except ValueError:
        raise TemplateInvalid(text) from None
    fields = [(name, spec, conversion) for _text, name, spec, conversion in parsed if name is not None]
    if not fields or len(template) > MAX_TEMPLATE_LENGTH:
        raise TemplateInvalid(text)
    if any(name not in FIELDS or spec or conversion for name, spec, conversion in fields):
        raise TemplateInvalid(text)
    return template


def build_name(template: str, parts: NameParts) -> str:
    """Return a file name without ending that every file system takes; a template without value gives ``headshot``."""
    values = {field: getattr(parts, field) for field in FIELDS}
    text = unicodedata.normalize("NFC", template.format(**values))
    name = _UNSAFE.sub("-", text.replace("/", "-")).strip("-_. ")[:_MAX_NAME_LENGTH].strip("-_. ")
    return f"{name}-1" if _RESERVED.match(name) else name or "headshot"


class UniqueNames:
    """Gives each name once: a repeated one gets ``-2``, ``-3`` and so on, ignoring case."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def reserve_name(self, name: str) -> str:
        """Reserve and return the name, or the next free one that begins with it."""
        chosen, number = name, 1
        while chosen.casefold() in self._used:
            number += 1
            chosen = f"{name}-{number}"
        self._used.add(chosen.casefold())
        return chosen
