"""Parses single JSON values defensively: an invalid optional one is dropped, an invalid required one is an error."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

import msgspec

MAX_TEXT = 4096
MAX_ID = 200
MAX_ADDRESS = 8192
_PATH_CHARACTERS = frozenset("/\\?#%;")
MAX_CREDITS = Decimal(10) ** 9

StructT = TypeVar("StructT", bound=msgspec.Struct)


class UnexpectedShape(Exception):
    """A value is not what it must be; the argument names the type and field, never the value."""


def parse_text(value: object, max_length: int = MAX_TEXT) -> str | None:
    """The text, without the NULs a database would refuse; None for anything else, empty or too long."""
    if not isinstance(value, str) or len(value) > max_length:
        return None
    return value.replace("\x00", "") or None


def parse_id(value: object) -> str | None:
    """An opaque id of 1 to 200 printable characters without blanks, or None."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64:
        return str(value)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID:
        return None
    return value if value.isprintable() and " " not in value else None


def parse_resource_id(value: object) -> str | None:
    """Return an id that becomes one segment of an API path, or None.

    Segments are percent-encoded, but servers and proxies decode them before they resolve the path: an id that
    means another resource after that is refused here.
    """
    found = parse_id(value)
    return None if found is None or found in {".", ".."} or _PATH_CHARACTERS & set(found) else found


def parse_url(value: object) -> str | None:
    """An http or https address with a host and nothing a page or header could trip over, or None."""
    if not isinstance(value, str) or len(value) > MAX_ADDRESS or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.hostname else None


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time in UTC (one without an offset is taken as UTC), or None."""
    if not isinstance(value, str):
        return None
    try:
        parsed = msgspec.convert(value, datetime)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        return None


def parse_decimal(value: object) -> Decimal | None:
    """A plain number, or a text holding one, below a thousand million either way; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    # A huge whole number cannot even be written out as text.
    if not isinstance(value, str) and abs(value) >= MAX_CREDITS:
        return None
    try:
        number = Decimal(str(value)[:64])
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < MAX_CREDITS else None


def _build_lax_reader(kind: type[Any]) -> Callable[[object], Any]:
    def read(value: object) -> Any:
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError:
            return None

    return read


_TEXTS = (str, str | None)
_ADDRESSES = frozenset({"signed_url", "link", "url", "main", "thumbnail", "original"})
_READERS: Mapping[Any, Callable[[object], Any]] = {
    str: parse_text,
    str | None: parse_text,
    bool: _build_lax_reader(bool),
    bool | None: _build_lax_reader(bool),
    int | None: _build_lax_reader(int),
    datetime | None: parse_time,
}


def parse_struct(raw: object, kind: type[StructT], aliases: Mapping[str, tuple[str, ...]]) -> StructT:
    """Build a struct from decoded JSON field by field.

    `aliases` maps a JSON name to further names looked at when it is absent or null. Raises WrongShape when
    `raw` is no object or a required field is unusable.
    """
    if not isinstance(raw, dict):
        raise UnexpectedShape(kind.__name__)
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        for name in (field.encode_name, *aliases.get(field.encode_name, ())):
            value = _parse_field(raw.get(name), field.type, field.name)
            if value is not None:
                values[field.name] = value
                break
        else:
            if field.required:
                raise UnexpectedShape(f"{kind.__name__}.{field.name}")
    return kind(**values)


def _parse_field(value: object, kind: Any, name: str) -> Any:
    if value is None:
        return None
    if kind in _TEXTS and (name == "id" or name.endswith("_id")):
        return parse_resource_id(value)
    if kind in _TEXTS and name == "uid":
        return parse_id(value)
    if kind in _TEXTS and name in _ADDRESSES:
        return parse_url(value)
    if get_origin(kind) is tuple:
        return _parse_items(value, get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return parse_struct(value, kind, getattr(kind, "aliases", {})) if isinstance(value, dict) else None
    return _READERS[kind](value)


def _parse_items(value: object, kind: type[msgspec.Struct]) -> tuple[msgspec.Struct, ...] | None:
    if not isinstance(value, list):
        return None
    items = []
    for item in value:
        try:
            items.append(parse_struct(item, kind, getattr(kind, "aliases", {})))
        except UnexpectedShape:
            continue
    return tuple(items)
