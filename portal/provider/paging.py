"""Iterates over the pages of a list: 200 items a page, each item once."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from portal.provider.fields import UnexpectedShape
from portal.provider.responses import Call, Json, build_unexpected, get_holder, get_value
from portal.provider.wire_types import Pagination

PAGE_SIZE = 200
MAX_PAGES = 1000
MAX_REPEATED_PAGES = 3
MAX_STEPS_BACK = 5

log = logging.getLogger(__name__)


class HasId(Protocol):
    """Anything with the provider's id."""

    @property
    def id(self) -> str: ...


ItemT = TypeVar("ItemT")
IdT = TypeVar("IdT", bound=HasId)


def parse_list(call: Call, response: Json, key: str, read: Callable[[object], ItemT]) -> tuple[list[ItemT], int]:
    """The usable items under `key` and how many items there were in all.

    One bad item must not hide the others: it is left out and counted in the log. Raises UnexpectedResponse
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


def iterate_pages(
    send: Callable[[Call], Json],
    call: Call,
    key: str,
    read: Callable[[object], IdT],
    on_unusable: Callable[[int], None] | None = None,
) -> Iterator[IdT]:
    """Yield every item of every page, each id once. Calls are made as the iterator is consumed.

    Each page after the first starts at the last item of the page before it. When that item is elsewhere, items
    were deleted or moved meanwhile and some may have slipped onto an earlier page, so reading steps back.
    `on_unusable` gets the number of items that a page left out, if there are any.
    Ends at `hasMore: false`, at an empty page, or when several pages in a row repeat known items (a server
    that ignores `offset` would go on forever). Raises what `send` raises, at the page it happens on.
    """
    seen: set[str] = set()
    offset = repeated = steps_back = 0
    for _ in range(MAX_PAGES):
        request = replace(call, query={**call.query, "limit": str(PAGE_SIZE), "offset": str(offset)})
        response = send(request)
        items, count = parse_list(request, response, key, read)
        if on_unusable is not None and len(items) < count:
            on_unusable(count - len(items))
        if offset and _has_gap(items, seen, response) and steps_back < MAX_STEPS_BACK:
            offset = max(0, offset - PAGE_SIZE)
            steps_back += 1
            continue
        fresh = [item for item in items if item.id not in seen]
        for item in fresh:
            if item.id not in seen:
                seen.add(item.id)
                yield item
        has_more = _has_more(response, count, offset + count)
        # One item again, as a link between the pages; a page of one item would not advance otherwise.
        offset += max(count - 1, 1)
        repeated = 0 if fresh else repeated + 1
        if count == 0 or repeated == MAX_REPEATED_PAGES or not has_more:
            return
    raise build_unexpected(call, "pages without end", None)


def _has_gap(items: Sequence[HasId], seen: set[str], response: Json) -> bool:
    """Return whether items between the known ones and this page may be missing."""
    if items:
        return items[0].id not in seen
    total = _read_pagination(response).total
    return total is not None and total > len(seen)


def _has_more(response: Json, count: int, read_so_far: int) -> bool:
    pagination = _read_pagination(response)
    if pagination.has_more is not None:
        return pagination.has_more
    return read_so_far < pagination.total if pagination.total is not None else count >= PAGE_SIZE


def _read_pagination(response: Json) -> Pagination:
    try:
        return Pagination.parse(get_holder(response, "pagination").get("pagination"))
    except UnexpectedShape:
        return Pagination()


def _as_list(raw: object) -> list[object]:
    if not isinstance(raw, list):
        raise UnexpectedShape("list")
    return raw
