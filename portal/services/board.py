"""The console's first page: what needs attention, how far people are, over time and by team."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.domain.attention import Attention
from portal.domain.funnel import STEP_OF_STAGE, STEPS, Step
from portal.models import board, people_counts, people_list
from portal.models.board import TeamCounts
from portal.models.listed_people import ListedPerson
from portal.services import credits
from portal.services.credits import Forecast

# More points than this are no clearer; a longer campaign is drawn by weeks.
MAX_DAYS = 60
# The pace of the forecast is that of the last days.
PACE_DAYS = 14


@dataclass(frozen=True)
class FunnelStep:
    """One step: ``reached`` came this far or further, ``remaining`` are here now."""

    step: Step
    reached: int
    remaining: int
    percent: int


@dataclass(frozen=True)
class Day:
    """Totals at the end of a day."""

    day: date
    signed_in: int
    chosen: int


@dataclass(frozen=True)
class Board:
    """The first page at one moment.

    Attributes:
        attention: how many people need attention for each reason, the worst first.
        invited: people in the funnel; ``not_invited`` are on the roster and not invited yet.
        days: totals by day, by week in a long campaign; ``step_days`` is the days between two of them.
        teams: the best team first.
        chosen_lately: choices of the last 24 hours.
        pace: choices a day over the last two weeks.
    """

    at: datetime
    attention: list[tuple[Attention, int]]
    needing_attention: int
    funnel: list[FunnelStep]
    invited: int
    not_invited: int
    chosen_lately: int
    days: list[Day]
    step_days: int
    pace: float
    teams: list[TeamCounts]
    credits: Forecast
    last_change_at: datetime | None

    @property
    def is_empty(self) -> bool:
        """Whether there are no people to count yet."""
        return self.invited + self.not_invited == 0

    @property
    def unfinished(self) -> int:
        """People in the funnel who need a credit or may still need one: without photos at the studio."""
        return sum(each.remaining for each in self.funnel if STEPS.index(each.step) < STEPS.index(Step.PHOTOS_IN))


def get_board(now: datetime, *, managed_teams: frozenset[str]) -> Board:
    """Count everything the first page shows.

    Args:
        now: the present, UTC.
        managed_teams: groups of the identity provider that count as teams, besides the roster's teams.
    """
    counts = people_counts.count_people(now)
    attention: Counter[str] = Counter()
    remaining: Counter[Step] = Counter()
    not_invited = 0
    for each in counts:
        if each.attention is not None:
            attention[each.attention] += each.count
        if each.is_invited:
            remaining[STEP_OF_STAGE[each.stage]] += each.count
        else:
            not_invited += each.count
    members = people_counts.count_members(sorted(managed_teams.union(people_list.list_teams())), now)
    teams = board.build_team_counts([*counts, *members])
    days, step_days = _list_days(now.date())
    return Board(
        at=now,
        attention=[(each, attention[each]) for each in Attention if attention[each]],
        needing_attention=attention.total(),
        funnel=_build_funnel(remaining),
        invited=remaining.total(),
        not_invited=not_invited,
        chosen_lately=board.count_chosen(now - timedelta(days=1)),
        days=days,
        step_days=step_days,
        pace=_compute_pace(days, step_days),
        teams=sorted(teams, key=lambda team: (-team.chosen_percent, team.name)),
        credits=credits.get_forecast(),
        last_change_at=board.read_last_move(),
    )


def _build_funnel(remaining: Counter[Step]) -> list[FunnelStep]:
    invited = remaining.total()
    steps = []
    for index, step in enumerate(STEPS):
        reached = sum(remaining[later] for later in STEPS[index:])
        steps.append(FunnelStep(step, reached, remaining[step], round(100 * reached / invited) if invited else 0))
    return steps


def _list_days(today: date) -> tuple[list[Day], int]:
    """Return the running totals from the first day on, and the days between two of them."""
    signed_in = dict(board.count_by_day(ListedPerson.signed_in_on))
    chosen = dict(board.count_by_day(ListedPerson.chosen_on))
    first = min((*signed_in, *chosen), default=None)
    if first is None or first > today:
        return [], 1
    length = (today - first).days
    step = 1 if length < MAX_DAYS else 7
    points, totals = [], [0, 0]
    for offset in range(length + 1):
        day = first + timedelta(days=offset)
        totals = [totals[0] + signed_in.get(day, 0), totals[1] + chosen.get(day, 0)]
        # Counted back from today, so that the last point is today.
        if (length - offset) % step == 0:
            points.append(Day(day, *totals))
    return points, step


def _compute_pace(days: list[Day], step_days: int) -> float:
    if len(days) < 2:  # noqa: PLR2004 - a pace needs two totals
        return 0.0
    back = min(len(days) - 1, max(1, PACE_DAYS // step_days))
    return (days[-1].chosen - days[-1 - back].chosen) / (back * step_days)
