"""Importing people into the roster: a list is stored, read and checked, then applied once an admin confirms it.

Reading and applying are jobs. Both can be killed anywhere and run again: reading starts over, applying resumes behind
the last line that was applied. Nothing on the roster changes before the confirmation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID, uuid4

from portal.db import transaction
from portal.domain import job_types
from portal.domain.errors import ChangedMeanwhile, NotFound, RetryLater
from portal.domain.roster_columns import ColumnPlan, detect_columns
from portal.domain.roster_file import ListUnreadable, RosterFile, Row, read_file
from portal.domain.roster_lines import KnownEntry, LineChecker, RosterLine
from portal.failpoints import failpoint
from portal.models import audit, queue, roster, roster_deletion, roster_imports
from portal.models.roster_imports import RosterImport
from portal.services import roster_joins, roster_leaving, team_names
from portal.services.app_context import AppContext
from portal.services.roster_leaving import AbsentCountNotTyped
from portal.services.versions import advance_version

CHUNK = 1000


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What an admin decides about a list that was checked.

    Attributes:
        version: of the import that the admin saw.
        starts_at: when it is applied; None for now.
        marks_absent: whether people who are not in the list are marked as left.
        campaign_id: the campaign that added people join.
        typed_count: the number of absent people as the admin typed it; None if they typed none.
    """

    version: int
    starts_at: datetime | None
    marks_absent: bool
    campaign_id: UUID | None
    typed_count: int | None = None


@dataclass
class _Reading:
    """A list that is being checked: its rows, its columns, and the verdicts so far."""

    file: RosterFile
    plan: ColumnPlan
    counts: Counter[str]

    @cached_property
    def rows(self) -> list[Row]:
        """The rows behind the line of names."""
        return self.file.rows[1:] if self.plan.header else self.file.rows


def create_import(content: bytes, name: str, *, actor_id: UUID, now: datetime) -> UUID:
    """Store a list and enqueue reading it."""
    import_id = uuid4()
    new = RosterImport(id=import_id, name=name[:120], state="reading", content=content)
    new.created_at, new.created_by = now, actor_id
    with transaction() as session:
        session.add(new)
        audit.create_entry("roster.import_created", at=now, actor_id=actor_id, import_id=str(import_id))
        queue.enqueue_job(job_types.READ_ROSTER_IMPORT, import_id=str(import_id), version=0)
    return import_id


def choose_columns(import_id: UUID, columns: Mapping[str, int], *, version: int) -> None:
    """Read the list again with other columns.

    Raises:
        NotFound: there is no such import.
        ChangedMeanwhile: it was decided about in the meantime, or its file was deleted.
    """
    with transaction():
        found = _lock_import(import_id, version, ("ready", "failed"))
        if not roster_deletion.has_file(import_id):
            raise ChangedMeanwhile
        found.columns, found.state, found.failure, found.progress = dict(columns), "reading", None, 0
        queue.enqueue_job(job_types.READ_ROSTER_IMPORT, import_id=str(import_id), version=found.version)


def confirm_import(import_id: UUID, decision: Confirmation, *, actor_id: UUID, now: datetime) -> None:
    """Apply a list, at once or later.

    Raises:
        NotFound: there is no such import.
        ChangedMeanwhile: it was decided about in the meantime.
        AbsentCountNotTyped: more than a fifth of all people are absent, and that number was not typed.
    """
    with transaction():
        found = _lock_import(import_id, decision.version, ("ready", "scheduled"))
        absence = roster_leaving.get_absence(found)
        if decision.marks_absent and absence.is_large and decision.typed_count != absence.count:
            raise AbsentCountNotTyped(absence.count)
        found.counts = {**found.counts, "absent_confirmed": absence.count if decision.marks_absent else 0}
        found.marks_absent, found.invites = decision.marks_absent, decision.campaign_id
        found.confirmed_at, found.confirmed_by, found.progress = now, actor_id, 0
        found.starts_at, found.state = decision.starts_at, "scheduled" if decision.starts_at else "applying"
        audit.create_entry("roster.import_confirmed", at=now, actor_id=actor_id, import_id=str(import_id))
        queue.enqueue_job(
            job_types.APPLY_ROSTER_IMPORT, at=decision.starts_at, import_id=str(import_id), version=found.version
        )


def cancel_import(import_id: UUID, *, version: int, actor_id: UUID, now: datetime) -> None:
    """Discard a list that was not applied, also one that is scheduled.

    Raises:
        NotFound: there is no such import.
        ChangedMeanwhile: it was decided about in the meantime.
    """
    with transaction():
        found = _lock_import(import_id, version, ("reading", "ready", "scheduled", "failed"))
        found.state, found.finished_at = "discarded", now
        found.delete_content()
        roster_imports.delete_lines(import_id)
        audit.create_entry("roster.import_discarded", at=now, actor_id=actor_id, import_id=str(import_id))


def _lock_import(import_id: UUID, version: int, states: tuple[str, ...]) -> RosterImport:
    found = roster_imports.lock_import(import_id)
    if found is None:
        raise NotFound
    advance_version(found, version, states)
    return found


def read_import(import_id: UUID, context: AppContext) -> None:
    """Read and check a list; can be stopped anywhere and run again."""
    with transaction():
        found = roster_imports.lock_import(import_id)
        content = roster_imports.read_content(import_id)
        if found is None or content is None or found.state != "reading":
            return
        version, columns = found.version, found.columns
        roster_imports.delete_lines(import_id)
        found.progress, found.counts = 0, {}
        known, teams = _list_known(), team_names.load_spellings(context.settings)
    try:
        file = read_file(content)
        plan = _plan_columns(file, columns)
    except ListUnreadable as error:
        _record_failure(import_id, version, error)
        return
    reading = _Reading(file, plan, Counter())
    # Only a list that reports leavers names people of whom there is no entry to change.
    signed_in = roster_joins.list_unlisted_addresses() if "left" in plan.columns else frozenset()
    checker = LineChecker(plan.columns, known, context.settings.allowed_email_domains, teams, signed_in)
    for start in range(0, len(reading.rows), CHUNK):
        lines = [checker.check_line(number, cells) for number, cells in reading.rows[start : start + CHUNK]]
        reading.counts.update(line.verdict.value for line in lines)
        if not _store_chunk(import_id, version, reading, lines):
            return
        failpoint("import.after_chunk")
    _finish_reading(import_id, version)


def _plan_columns(file: RosterFile, columns: Mapping[str, int] | None) -> ColumnPlan:
    plan = detect_columns(file.rows)
    if columns is not None:
        plan = ColumnPlan(columns, plan.header)
    if "address" not in plan.columns:
        raise ListUnreadable("no_address_column")
    if plan.header and len(file.rows) == 1:
        raise ListUnreadable("empty")
    return plan


def _list_known() -> dict[str, KnownEntry]:
    return {
        entry.address: KnownEntry(
            name=entry.name,
            team=entry.team,
            employee_number=entry.employee_number,
            due_on=entry.due_on,
            has_left=entry.left_at is not None,
        )
        for entry in roster.iterate_entries()
    }


def _store_chunk(import_id: UUID, version: int, reading: _Reading, lines: list[RosterLine]) -> bool:
    """Store checked lines with the progress; return False if the import was discarded or is read anew."""
    with transaction():
        found = roster_imports.lock_import(import_id)
        if found is None or found.state != "reading" or found.version != version:
            return False
        found.encoding, found.delimiter = reading.file.encoding, reading.file.delimiter
        found.columns, found.header = dict(reading.plan.columns), [cell[:80] for cell in reading.plan.header]
        found.line_count, found.counts = len(reading.rows), dict(reading.counts)
        found.progress += len(lines)
        roster_imports.insert_lines(import_id, lines)
    return True


def _finish_reading(import_id: UUID, version: int) -> None:
    with transaction():
        found = roster_imports.lock_import(import_id)
        if found is not None and found.state == "reading" and found.version == version:
            found.state = "ready"


def _record_failure(import_id: UUID, version: int, error: ListUnreadable) -> None:
    with transaction():
        found = roster_imports.lock_import(import_id)
        if found is not None and found.version == version:
            found.state, found.failure, found.failed_line = "failed", error.reason, error.line


def record_crash(import_id: UUID) -> None:
    """Mark an import whose job failed for good, so that its page shows it."""
    with transaction():
        found = roster_imports.lock_import(import_id)
        if found is not None and found.state in ("reading", "applying"):
            found.state, found.failure = "failed", "crashed"


def apply_import(import_id: UUID, version: int, context: AppContext) -> None:
    """Apply a confirmed list; can be stopped anywhere and resumes behind the last line that was applied.

    Raises:
        RetryLater: its time has not come.
    """
    while _apply_chunk(import_id, version, context.clock()):
        failpoint("import.after_applied_chunk")
    # People whose entry was there unjoined, or whose address has another spelling; only those who are joined to their
    # entry can be found absent.
    roster_joins.join_people(context.clock())
    with transaction():
        found = roster_imports.lock_import(import_id)
        if found is not None and found.version == version and found.state == "applying":
            _finish_applying(found, context.clock())


def _apply_chunk(import_id: UUID, version: int, now: datetime) -> bool:
    """Apply the next lines; return False if there are none."""
    with transaction():
        found = roster_imports.lock_import(import_id)
        if found is None or found.version != version or found.state not in ("scheduled", "applying"):
            return False
        if found.starts_at is not None and found.starts_at > now:
            raise RetryLater(found.starts_at)
        found.state = "applying"
        last = roster_imports.find_last_number(import_id, after=found.progress, limit=CHUNK)
        if last is None:
            return False
        # Sign-ins wait meanwhile, for less than half a second: people who have signed in are joined as they are listed.
        roster.lock_joins(is_shared=False)
        added, changed = roster_imports.apply_lines(
            import_id, after=found.progress, last=last, campaign_id=found.invites, now=now
        )
        found.progress = last
        found.counts = Counter(found.counts) + Counter(added=added, updated=changed)
        return True


def _finish_applying(found: RosterImport, now: datetime) -> None:
    gone, kept = roster_leaving.mark_left(found, now)
    found.counts = dict(found.counts) | {"marked_left": gone, "absent_kept": kept}
    found.state, found.content, found.finished_at = "done", None, now
    audit.create_entry(
        "roster.imported",
        at=now,
        actor_id=found.confirmed_by,
        import_id=str(found.id),
        added=found.counts.get("added", 0),
        changed=found.counts.get("updated", 0),
        left=gone,
    )
    if found.invites is not None:
        queue.start_job_now(job_types.RUN_CAMPAIGNS)
