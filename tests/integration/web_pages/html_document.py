"""A page as its reader perceives it: parsed strictly, searched by text and not by classes."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import html5lib

from tests.markup import remove_random_values

_HTML = "{http://www.w3.org/1999/xhtml}"


class Document:
    """One parsed page or fragment; markup that browsers would have to guess at is an error."""

    def __init__(self, text: str) -> None:
        parser = html5lib.HTMLParser(strict=text.lstrip().lower().startswith("<!doctype"))
        self.root: Element = parser.parse(text)
        self.markup = remove_random_values(text)

    def all(self, name: str) -> list[Element]:
        return list(self.root.iter(_HTML + name))

    @property
    def title(self) -> str:
        return get_text(self.all("title")[0])

    @property
    def heading(self) -> str:
        (heading,) = self.all("h1")
        return get_text(heading)

    @property
    def text(self) -> str:
        return get_text(self.root)

    @property
    def primary(self) -> list[str]:
        """What the page's main actions are called."""
        actions = [*self.all("a"), *self.all("button")]
        return [get_text(action) for action in actions if "primary" in action.get("class", "").split()]

    def link(self, name: str) -> str:
        """The address of the link with this text."""
        (found,) = {link.get("href", "") for link in self.all("a") if get_text(link) == name}
        return found

    def link_labeled(self, label: str) -> str:
        """Return the address of the link with this accessible label."""
        (found,) = [link.get("href", "") for link in self.all("a") if link.get("aria-label") == label]
        return found

    def value_of(self, field: str) -> str:
        return next(each.get("value", "") for each in self.all("input") if each.get("name") == field)

    def by_id(self, identifier: str) -> Element:
        return next(each for each in self.root.iter() if each.get("id") == identifier)


def get_text(element: Element) -> str:
    """The words of an element, spaces made even."""
    return " ".join("".join(element.itertext()).split())
