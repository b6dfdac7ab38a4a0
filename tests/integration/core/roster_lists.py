"""Stores, checks, confirms and applies lists as an admin and the worker do."""

from __future__ import annotations

from uuid import UUID, uuid4

from portal.domain.job_types import APPLY_ROSTER_IMPORT, READ_ROSTER_IMPORT
from portal.models import roster_imports
from portal.models.roster_imports import RosterImport
from portal.services import roster_imports as imports
from portal.services.roster_imports import Confirmation
from tests.integration.core.worked_example import WorkedExample

ADMIN = uuid4()
LIST = "email;name;team\nann@corp.example;Ann;Sales\nbob@corp.example;Bob;\nnobody;;\n"


def read_list(example: WorkedExample, text: str | bytes = LIST) -> RosterImport:
    """Store a list and have the worker check it."""
    content = text if isinstance(text, bytes) else text.encode()
    import_id = imports.create_import(content, "list.csv", actor_id=ADMIN, now=example.clock.now)
    assert example.work(limit=1) == [READ_ROSTER_IMPORT.name]
    return get_import(import_id)


def get_import(import_id: UUID) -> RosterImport:
    found = roster_imports.find_import(import_id)
    assert found is not None
    return found


def confirm_import(example: WorkedExample, found: RosterImport, **decisions: object) -> None:
    values = {"version": found.version, "starts_at": None, "marks_absent": False, "campaign_id": None} | decisions
    imports.confirm_import(found.id, Confirmation(**values), actor_id=ADMIN, now=example.clock.now)  # type: ignore[arg-type]


def apply_import(example: WorkedExample, found: RosterImport, **decisions: object) -> RosterImport:
    confirm_import(example, found, **decisions)
    assert example.work(limit=1) == [APPLY_ROSTER_IMPORT.name]
    return get_import(found.id)
