"""Link reports: dead studio links and refused starts, each a task until an admin resolves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, aliased, mapped_column

from portal.db import Base, db
from portal.domain.studio_address import build_studio_address, get_next_number
from portal.models.people import Person
from portal.models.sessions import Session
from portal.models.shoots import Shoot

# Stored as ``saw`` of a report that the portal makes itself when the provider refuses to create a session.
START_REFUSED = "start_refused"


class LinkReport(Base):
    """One report. A shoot has at most one that is open."""

    __tablename__ = "link_reports"
    __table_args__ = (Index("uq_link_reports_open", "shoot_id", unique=True, postgresql_where=text("done_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    shoot_id: Mapped[UUID] = mapped_column(ForeignKey("shoots.id", ondelete="CASCADE"), index=True)
    reported_at: Mapped[datetime]
    symptom: Mapped[str] = mapped_column("saw")
    browser: Mapped[str | None]
    request_id: Mapped[str | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]


@dataclass(frozen=True)
class OpenReport:
    """A task with everything an admin needs for it, except the link itself."""

    report: LinkReport
    shoot: Shoot
    person: Person
    last_active_at: datetime | None
    highest_address_number: int | None

    @property
    def next_address(self) -> str:
        """The next variant of the person's address, for a start that the provider refuses."""
        return build_studio_address(self.person.email, get_next_number(self.highest_address_number))


def create_report(
    shoot_id: UUID, *, symptom: str, browser: str | None, request_id: str | None, now: datetime
) -> UUID | None:
    """Store a report in the caller's transaction; return its id, None if there is an open one."""
    values = {"symptom": symptom, "browser": browser, "request_id": request_id, "reported_at": now}
    query = insert(LinkReport).values(id=uuid4(), shoot_id=shoot_id, **values)
    return db.session.scalar(query.on_conflict_do_nothing().returning(LinkReport.id))


def lock_report(report_id: UUID) -> LinkReport | None:
    """Lock the report until the transaction ends and return it, freshly read."""
    query = select(LinkReport).where(LinkReport.id == report_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def find_latest(shoot_id: UUID) -> LinkReport | None:
    """Return the newest report of this shoot, open or resolved."""
    query = select(LinkReport).where(LinkReport.shoot_id == shoot_id)
    return db.session.scalar(query.order_by(LinkReport.reported_at.desc()).limit(1))


def list_open() -> list[OpenReport]:
    """Return every open report of a person who cannot enter the studio, oldest first."""
    last_active = (
        select(func.max(Session.active_at)).where(Session.person_id == Person.id).correlate(Person).scalar_subquery()
    )
    other = aliased(Shoot)
    highest = select(func.max(other.address_number)).where(other.person_id == Person.id).correlate(Person)
    is_open = or_(Shoot.provider_status == "onboarding", Shoot.problem == "refused")
    query = (
        select(LinkReport, Shoot, Person, last_active, highest.scalar_subquery())
        .join(Shoot, Shoot.id == LinkReport.shoot_id)
        .join(Person, Person.id == Shoot.person_id)
        .where(LinkReport.done_at.is_(None), Shoot.closed_at.is_(None), is_open)
        .order_by(LinkReport.reported_at)
    )
    return [OpenReport(*row) for row in db.session.execute(query)]
