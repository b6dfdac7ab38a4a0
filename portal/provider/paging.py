"""Iterates over the pages of a list: 200 items a page, each item once."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol, TypeVar

from portal.provider.fields import UnexpectedShape
from portal.provider.responses import Call, Json, build_unexpected, get_holder, get_value
from portal.provider.wire_types import Pagination

PAGE_SIZE = 200
MAX_PAGES = 1000
MAX_REPEATED_PAGES = 3

log = logging.getLogger(__name__)


class HasId(Protocol):
    """Anything with the provider's id."""

    @property
    def id(self) -> str: ...


ItemT = TypeVar("ItemT")
IdT = TypeVar("IdT", bound=HasId)


def parse_list(call: Call, response: Json, key: str, read: Callable[[object], ItemT]) -> tuple[list[ItemT], int]:
    """The usable items under `key` and how many items there were in all.

    One bad item must not hide the others: it is left out and counted in the log. Raises UnexpectedAnswer
    when there is no list, or nothing in it is usable.
    """
    raw = get_value(call, key, response, _as_list)
    items = []
    for item in raw:
        try:
            items.append(read(item))
        except UnexpectedShape:
            continue
    if raw and not items:
        raise build_unexpected(call, f"no usable item in {key}", None)
    if len(items) < len(raw):
        log.warning(
            "provider.items_unusable",
            extra={"unusable": len(raw) - len(items), "listed": len(raw), "operation": call.path},
        )
    return items, len(raw)


def iterate_pages(send: Callable[[Call], Json], call: Call, key: str, read: Callable[[object], IdT]) -> Iterator[IdT]:
    """Every item of every page, each id once. Calls are made as the iterator is consumed.

    Ends at `hasMore: false`, at an empty page, or when several pages in a row bring nothing new (a server
    that ignores `offset` would go on for ever). Raises what `send` raises, at the page it happens on.
    """
    seen: set[str] = set()
    offset = stale = 0
    for _ in range(MAX_PAGES):
        request = replace(call, query={**call.query, "limit": str(PAGE_SIZE), "offset": str(offset)})
        response = send(request)
        items, count = parse_list(request, response, key, read)
        fresh = [item for item in items if item.id not in seen]
        for item in fresh:
            if item.id not in seen:
                seen.add(item.id)
                yield item
        offset += count
        stale = 0 if fresh else stale + 1
        if count == 0 or stale == MAX_REPEATED_PAGES or not _has_more(response, count, offset):
            return
    raise build_unexpected(call, "pages without end", None)


def _has_more(response: Json, count: int, offset: int) -> bool:
    try:
        pagination = Pagination.parse(get_holder(response, "pagination").get("pagination"))
    except UnexpectedShape:
        return count >= PAGE_SIZE
    if pagination.has_more is not None:
        return pagination.has_more
    return offset < pagination.total if pagination.total is not None else count >= PAGE_SIZE


def _as_list(raw: object) -> list[object]:
    if not isinstance(raw, list):
        raise UnexpectedShape("list")
    return raw
