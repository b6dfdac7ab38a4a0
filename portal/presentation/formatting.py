"""Names, devices and durations as text."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape

from portal.domain.devices import parse_user_agent

# A longer duration is given in the next unit.
_MINUTES = 90
_HOURS = 48
# Shorter durations are rounded to one minute, longer ones to five.
_FINE_MINUTES = 10

_HOUR, _DAY = 60, 60 * 24


def format_duration(span: timedelta) -> str:
    """Return the duration, rounded to a unit that fits its length."""
    return _with_unit(*_approximate(span))


def format_range(low: timedelta, high: timedelta) -> str:
    """Return a range of durations, with the unit once if both ends share it."""
    (first, unit), (last, last_unit) = _approximate(low), _approximate(high)
    if (first, unit) == (last, last_unit):
        return str(_("about %(length)s", length=_with_unit(last, last_unit)))
    start = str(first) if unit == last_unit else _with_unit(first, unit)
    return str(_("%(start)s to %(end)s", start=start, end=_with_unit(last, last_unit)))


def format_initials(name: str) -> str:
    """Return the one or two letters shown for a person without a picture."""
    parts = [part for part in name.split() if part[0].isalnum()]
    if not parts:
        return "?"
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()


def wrap_names(text: str, *names: str) -> Markup:
    """Escape a text for HTML and isolate each name in it, so that its script does not reorder the sentence."""
    escaped = str(escape(text))
    for name in {str(escape(name)) for name in names if name}:
        escaped = escaped.replace(name, f"<bdi>{name}</bdi>")
    return Markup(escaped)  # noqa: S704  # nosec B704  # escaped above


def format_device(user_agent: str | None) -> str:
    """Return browser and system of a User-Agent, such as "Firefox on Windows"."""
    device = parse_user_agent(user_agent)
    if device.browser and device.system:
        return str(_("%(browser)s on %(system)s", browser=device.browser, system=device.system))
    return device.browser or device.system or str(_("Unknown device"))


def _approximate(span: timedelta) -> tuple[int, int]:
    """Return a number and the unit it counts, in minutes."""
    minutes = span.total_seconds() / 60
    if minutes < _FINE_MINUTES:
        return max(1, round(minutes)), 1
    if minutes < _MINUTES:
        rounded = 5 * round(minutes / 5)
        return (1, _HOUR) if rounded == _HOUR else (rounded, 1)
    if minutes < _HOURS * _HOUR:
        return max(1, round(minutes / _HOUR)), _HOUR
    return round(minutes / _DAY), _DAY


def _with_unit(number: int, unit: int) -> str:
    if unit == 1:
        return str(ngettext("%(num)s minute", "%(num)s minutes", number))
    if unit == _HOUR:
        return str(ngettext("%(num)s hour", "%(num)s hours", number))
    return str(ngettext("%(num)s day", "%(num)s days", number))
