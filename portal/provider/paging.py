"""Walking the provider's pages: 200 a page, stop when it says so, each thing once."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol, TypeVar

from portal.provider.fields import UnexpectedShape
from portal.provider.responses import Call, Json, build_unexpected, get_value, unwrap_data
from portal.provider.wire_types import Pagination

PAGE_SIZE = 200
MAX_PAGES = 1000
MAX_PAGES_WITHOUT_NEWS = 3

log = logging.getLogger(__name__)


class HasId(Protocol):
    """Anything with the provider's id."""

    @property
    def id(self) -> str: ...


ThingT = TypeVar("ThingT")
IdT = TypeVar("IdT", bound=HasId)


def parse_list(call: Call, answer: Json, key: str, read: Callable[[object], ThingT]) -> tuple[list[ThingT], int]:
    """The usable items under `key` and how many items there were in all.

    One bad item must not hide the others: it is left out and counted in the log. Raises UnexpectedAnswer
    when there is no list, or nothing in it is usable.
    """
    raw = get_value(call, key, answer, _as_list)
    things = []
    for item in raw:
        try:
            things.append(read(item))
        except UnexpectedShape:
            continue
    if raw and not things:
        raise build_unexpected(call, f"no usable item in {key}", None)
    if len(things) < len(raw):
        log.warning(
            "provider.items_unusable",
            extra={"unusable": len(raw) - len(things), "listed": len(raw), "operation": call.path},
        )
    return things, len(raw)


def iterate_pages(send: Callable[[Call], Json], call: Call, key: str, read: Callable[[object], IdT]) -> Iterator[IdT]:
    """Every item of every page, each id once. Calls are made as the iterator is consumed.

    Ends at `hasMore: false`, at an empty page, or when several pages in a row bring nothing new (a server
    that ignores `offset` would go on for ever). Raises what `send` raises, at the page it happens on.
    """
    seen: set[str] = set()
    offset = stale = 0
    for _ in range(MAX_PAGES):
        asked = replace(call, query={**call.query, "limit": str(PAGE_SIZE), "offset": str(offset)})
        answer = send(asked)
        things, count = parse_list(asked, answer, key, read)
        fresh = [thing for thing in things if thing.id not in seen]
        for thing in fresh:
            if thing.id not in seen:
                seen.add(thing.id)
                yield thing
        offset += count
        stale = 0 if fresh else stale + 1
        if count == 0 or stale == MAX_PAGES_WITHOUT_NEWS or not _has_more(answer, count, offset):
            return
    raise build_unexpected(call, "pages without end", None)


def _has_more(answer: Json, count: int, offset: int) -> bool:
    try:
        said = Pagination.parse(unwrap_data(answer, "pagination").get("pagination"))
    except UnexpectedShape:
        return count >= PAGE_SIZE
    if said.has_more is not None:
        return said.has_more
    return offset < said.total if said.total is not None else count >= PAGE_SIZE


def _as_list(raw: object) -> list[object]:
    if not isinstance(raw, list):
        raise UnexpectedShape("list")
    return raw
