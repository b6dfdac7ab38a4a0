"""Reading the form of a campaign; what is wrong with it is a sentence for each field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from portal.domain.audiences import Audience
from portal.domain.email_address import normalize_domain
from portal.domain.reminder_plan import EVERY_DAYS, LAST_DAYS, LIMITS, SILENT_HOURS, ReminderPlan
from portal.domain.roster_filter import INVITABLE_STATES, RosterFilter
from portal.domain.text import normalize_line
from portal.models.campaigns import Campaign
from portal.services.campaigns import CampaignForm

MAX_NAME_CHARS = 100
MAX_MESSAGE_CHARS = 400
MAX_CAP = 100_000


def parse_form(form: MultiDict[str, str], *, zone: ZoneInfo, today: date) -> tuple[CampaignForm, dict[str, str]]:
    """Return the campaign that a form describes, and a sentence for each field that is wrong."""
    problems: dict[str, str] = {}
    name = normalize_line(form.get("name"), MAX_NAME_CHARS) or ""
    if not name:
        problems["name"] = _("Give the campaign a name.")
    message = form.get("message", "").replace("\0", "").strip()
    if len(message) > MAX_MESSAGE_CHARS:
        problems["message"] = _("Use at most %(count)s characters.", count=MAX_MESSAGE_CHARS)
    due_on = _parse_date(form.get("due_on", ""), problems, "due_on")
    if due_on is not None and due_on < today:
        problems["due_on"] = _("This day is over. Choose a later one.")
    expires_on = _parse_date(form.get("link_expires_on", ""), problems, "link_expires_on")
    audience = _parse_audience(form)
    if form.get("audience") == "roster" and audience.roster is None:
        problems["roster_search"] = _("Choose what these people have in common: a team, a state or a search.")
    found = CampaignForm(
        name=name,
        message=message,
        due_on=due_on,
        audience=audience,
        reminders=_parse_plan(form),
        has_link=form.get("link") == "1",
        link_domains=_parse_domains(form.get("link_domains", ""), problems),
        link_cap=_parse_cap(form.get("link_cap", ""), problems),
        link_expires_at=_end_of_day(expires_on, zone) if expires_on else None,
    )
    return found, problems


def _parse_audience(form: MultiDict[str, str]) -> Audience:
    kind = form.get("audience")
    filtered = parse_roster_filter(form)
    return Audience(
        everyone=kind == "everyone",
        teams=tuple(form.getlist("teams")) if kind == "teams" else (),
        groups=tuple(form.getlist("groups")) if kind == "groups" else (),
        roster=filtered if kind == "roster" and not filtered.is_empty else None,
    )


def parse_roster_filter(form: MultiDict[str, str]) -> RosterFilter:
    """Return the filter of the roster that a form or an address describes; what is empty or unknown filters nothing."""
    state = form.get("roster_state")
    return RosterFilter(
        search=normalize_line(form.get("roster_search"), MAX_NAME_CHARS),
        team=normalize_line(form.get("roster_team"), MAX_NAME_CHARS),
        state=state if state in INVITABLE_STATES else None,
    )


def _parse_date(text: str, problems: dict[str, str], field: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        problems[field] = _("Write the date like 2026-12-11.")
        return None


def _end_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone).astimezone(UTC)


def parse_start(text: str, *, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, str | None]:
    """Return a date and time of the portal's time zone as UTC, or what is wrong with it."""
    try:
        local = datetime.fromisoformat(text.strip()).replace(tzinfo=zone)
        starts_at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None, _("Choose a date and a time.")
    if starts_at.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        return None, _("The clocks change then, and this time doesn’t exist. Choose another one.")
    if starts_at <= now:
        return None, _("This time is over. Choose a later one.")
    return starts_at, None


def _parse_domains(text: str, problems: dict[str, str]) -> tuple[str, ...]:
    try:
        return tuple(normalize_domain(part.removeprefix("@")) for part in text.replace(",", " ").split())
    except ValueError:
        problems["link_domains"] = _("Write domains like corp.example, separated by commas.")
        return ()


def _parse_cap(text: str, problems: dict[str, str]) -> int | None:
    if not text.strip():
        return None
    if text.strip().isdecimal() and 0 < int(text) <= MAX_CAP:
        return int(text)
    problems["link_cap"] = _("Write a whole number, or leave it empty for no limit.")
    return None


def _parse_plan(form: MultiDict[str, str]) -> ReminderPlan:
    """Return the plan; each part is one of a list, and something else becomes the default."""
    default = ReminderPlan()
    last = {"-".join(map(str, days)): days for days in LAST_DAYS}
    silent = {f"{start}-{end}": (start, end) for start, end in SILENT_HOURS}
    every, limit = form.get("every_days", type=int), form.get("limit", type=int)
    start, end = silent.get(form.get("quiet", ""), (default.silent_from, default.silent_until))
    return ReminderPlan(
        every_days=every if every in EVERY_DAYS else default.every_days,
        limit=limit if limit in LIMITS else default.limit,
        last_days=last.get(form.get("last_days", "-"), default.last_days),
        silent_from=start,
        silent_until=end,
        on_weekends=form.get("weekends") == "1",
    )


def build_values(found: Campaign | None, zone: ZoneInfo, roster_filter: RosterFilter | None = None) -> CampaignForm:
    """Return what the form shows: the campaign's values, or those of a new one for the people a filter lists."""
    is_filtered = roster_filter is not None and not roster_filter.is_empty
    if found is None:
        return CampaignForm(
            name="",
            message="",
            due_on=None,
            audience=Audience(roster=roster_filter) if is_filtered else Audience(everyone=True),
            reminders=ReminderPlan(),
            has_link=False,
            link_domains=(),
            link_cap=None,
            link_expires_at=None,
        )
    expires_at = found.link_expires_at
    return CampaignForm(
        name=found.name,
        message=found.message,
        due_on=found.due_on,
        audience=Audience.from_json(found.audience),
        reminders=ReminderPlan.from_json(found.reminders),
        has_link=found.link_code is not None,
        link_domains=tuple(found.link_domains),
        link_cap=found.link_cap,
        link_expires_at=expires_at.astimezone(zone) if expires_at else None,
    )
