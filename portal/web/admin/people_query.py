"""The list's filter, order and columns, as they stand in its address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from werkzeug.datastructures import MultiDict

from portal.domain.attention import Attention
from portal.domain.errors import BadInput
from portal.domain.funnel import NOT_SIGNED_IN, Step
from portal.domain.roles import Role
from portal.domain.stages import Stage
from portal.models.listed_people import split_search
from portal.models.people_list import ANY_ATTENTION, STUCK, PeopleFilter, Sort

STAGES = (NOT_SIGNED_IN, *Stage, STUCK)
DUES = ("overdue", "week", "none")
COLUMNS = ("email", "number", "team", "since", "due", "attention", "reminded")
DEFAULT_COLUMNS = ("email", "team", "since", "attention")
FILTER_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"stages": STAGES, "reasons": tuple(Attention), "dues": DUES, "roles": tuple(Role), "columns": COLUMNS}
)
_MAX_SEARCH_LENGTH = 100
_MAX_TEAM_LENGTH = 200
# Each term costs an index scan.
_MAX_TERMS = 6


@dataclass(frozen=True)
class PeopleQuery:
    """What an address of the list selects.

    Attributes:
        arguments: its valid parameters, without the page; they build the addresses of the links.
    """

    arguments: Mapping[str, str]
    sort: Sort
    descending: bool
    columns: tuple[str, ...]

    def build_filter(self) -> PeopleFilter:
        """Return the filter; a search costs one statement to normalize its terms."""
        given = self.arguments
        return PeopleFilter(
            terms=tuple(split_search(given["q"])[:_MAX_TERMS]) if "q" in given else None,
            stage=given.get("stage"),
            at=Step(given["at"]) if "at" in given else None,
            reached=Step(given["reached"]) if "reached" in given else None,
            attention=given.get("attention"),
            due=given.get("due"),
            team=given.get("team"),
            role=given.get("role"),
            campaign=UUID(given["campaign"]) if "campaign" in given else None,
            is_active=given["active"] == "1" if "active" in given else None,
            is_invited=given["invited"] == "1" if "invited" in given else None,
        )

    def replace(self, **changes: str | None) -> dict[str, str]:
        """Return the parameters of another address; None leaves one out."""
        return {name: value for name, value in (dict(self.arguments) | changes).items() if value is not None}

    def leave_out(self, name: str) -> dict[str, str]:
        """Return the parameters without one of them."""
        return self.replace(**{name: None})

    def toggle_column(self, column: str) -> dict[str, str]:
        """Return the parameters of the list with a column more, or without it."""
        shown = {*self.columns} ^ {column}
        return self.replace(columns=",".join(each for each in COLUMNS if each in shown) or "email")

    @property
    def filters(self) -> dict[str, str]:
        """The parameters that narrow the list."""
        return {name: value for name, value in self.arguments.items() if name not in {"sort", "columns"}}


def parse_query(given: Mapping[str, str]) -> PeopleQuery:
    """Return what an address selects; what is no valid value is left out."""
    found = {
        "q": given.get("q", "").strip()[:_MAX_SEARCH_LENGTH].replace("\0", ""),
        "stage": _find(given, "stage", STAGES),
        "at": _find(given, "at", Step),
        "reached": _find(given, "reached", Step),
        "attention": _find(given, "attention", (ANY_ATTENTION, *Attention)),
        "due": _find(given, "due", DUES),
        "team": given.get("team", "").strip()[:_MAX_TEAM_LENGTH].replace("\0", ""),
        "role": _find(given, "role", Role),
        "campaign": _find_id(given.get("campaign", "")),
        "active": _find(given, "active", ("1", "0")),
        "invited": _find(given, "invited", ("1", "0")),
        "sort": given.get("sort", "") if given.get("sort", "").removeprefix("-") in tuple(Sort) else "",
        "columns": ",".join(column for column in given.get("columns", "").split(",") if column in COLUMNS),
    }
    arguments = {name: value for name, value in found.items() if value}
    sort = arguments.get("sort", Sort.NAME)
    columns = arguments["columns"].split(",") if "columns" in arguments else list(DEFAULT_COLUMNS)
    # A filter on something without its column would leave the reader guessing.
    columns += [column for column in ("due", "number") if column in arguments and column not in columns]
    return PeopleQuery(
        arguments=arguments,
        sort=Sort(sort.removeprefix("-")),
        descending=sort.startswith("-"),
        columns=tuple(column for column in COLUMNS if column in columns),
    )


def parse_selected(form: MultiDict[str, str]) -> tuple[UUID, ...]:
    """Return the ids of the rows that are ticked.

    Raises:
        BadInput: one is no id.
    """
    try:
        return tuple(UUID(value) for value in form.getlist("selected"))
    except ValueError:
        raise BadInput from None


def _find(given: Mapping[str, str], name: str, allowed: Iterable[str]) -> str:
    value = given.get(name, "")
    return value if value in frozenset(allowed) else ""


def _find_id(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        return ""
