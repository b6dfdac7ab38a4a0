"""When people of a campaign are reminded: interval, last days before the due date, quiet hours."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

EVERY_DAYS = (0, 3, 5, 7, 10, 14)
LIMITS = (1, 2, 3, 4, 6)
LAST_DAYS = ((), (1,), (3, 1), (7, 3, 1))
SILENT_HOURS = ((18, 8), (20, 7), (22, 6), (0, 0))
_SATURDAY = 5


@dataclass(frozen=True, kw_only=True)
class ReminderPlan:
    """A plan of reminders.

    Attributes:
        every_days: days between two mails; 0 for none but those of the last days.
        limit: most reminders to one person.
        last_days: how many days before the due date a reminder is sent in any case.
        silent_from, silent_until: hours between which no mail is sent; equal for none.
        on_weekends: whether mails are sent on Saturdays and Sundays.
    """

    every_days: int = 7
    limit: int = 4
    last_days: tuple[int, ...] = (3, 1)
    silent_from: int = 18
    silent_until: int = 8
    on_weekends: bool = False

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ReminderPlan:
        """Return the plan that :meth:`to_json` made."""
        return cls(**(value | {"last_days": tuple(value.get("last_days", ()))}))

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return asdict(self) | {"last_days": list(self.last_days)}

    def find_opening(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when mails may be sent again; None if they may be sent now.

        Args:
            now: UTC.
            zone: of the quiet hours.
        """
        local = now.astimezone(zone)
        if self._is_open(local):
            return None
        opening = local
        # The next morning that is no weekend is at most three days away.
        for days in range(5):
            opening = datetime.combine(local.date() + timedelta(days), time(self.silent_until % 24), zone)
            if opening > local and self._is_open(opening):
                break
        return opening.astimezone(now.tzinfo)

    def _is_open(self, local: datetime) -> bool:
        if not self.on_weekends and local.weekday() >= _SATURDAY:
            return False
        start, end = self.silent_from, self.silent_until
        if start == end:
            return True
        is_silent = start <= local.hour < end if start < end else local.hour >= start or local.hour < end
        return not is_silent

    def list_due_dates(self, today: date) -> list[date]:
        """List the due dates whose last days include today; a last day on a weekend counts on the Friday before."""
        days = {timedelta(days) for days in self.last_days}
        if self.on_weekends or today.weekday() != _SATURDAY - 1:
            return sorted(today + each for each in days)
        return sorted({today + shift + each for each in days for shift in map(timedelta, range(3))})

    def list_calendar(self, start: date, due: date | None) -> list[date]:
        """List the days on which a person invited on ``start`` who does nothing is reminded."""
        found: list[date] = []
        last, day = start, start
        end = due or start + timedelta(days=self.every_days * (self.limit + 2) + 7)
        while len(found) < self.limit and day < end:
            day += timedelta(1)
            if not self.on_weekends and day.weekday() >= _SATURDAY:
                continue
            is_interval = self.every_days > 0 and (day - last).days >= self.every_days
            if is_interval or (due is not None and due in self.list_due_dates(day)):
                found.append(day)
                last = day
        return found
