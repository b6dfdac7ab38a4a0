"""Link reports: people who say that their way into the studio is dead, each a task until somebody has done it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.people import Person
from portal.models.sessions import Session
from portal.models.shoots import Shoot


class LinkReport(Base):
    """One report. A session has at most one that is not done."""

    __tablename__ = "link_reports"
    __table_args__ = (Index("uq_link_reports_open", "shoot_id", unique=True, postgresql_where=text("done_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    shoot_id: Mapped[UUID] = mapped_column(ForeignKey("shoots.id", ondelete="CASCADE"))
    reported_at: Mapped[datetime]
    saw: Mapped[str]
    browser: Mapped[str | None]
    request_id: Mapped[str | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]


@dataclass(frozen=True)
class OpenReport:
    """A task, with all that whoever does it has to know. The link itself is not part of it."""

    report: LinkReport
    shoot: Shoot
    person: Person
    last_active_at: datetime | None


def add(shoot_id: UUID, *, saw: str, browser: str | None, request_id: str | None, now: datetime) -> UUID | None:
    """Keep a report in the caller's transaction; return its id, None if one waits already."""
    values = {"saw": saw, "browser": browser, "request_id": request_id, "reported_at": now}
    query = insert(LinkReport).values(id=uuid4(), shoot_id=shoot_id, **values)
    return db.session.scalar(query.on_conflict_do_nothing().returning(LinkReport.id))


def lock(report_id: UUID) -> LinkReport | None:
    """Return the report freshly read, holding other writers until the transaction ends."""
    query = select(LinkReport).where(LinkReport.id == report_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def latest_for(shoot_id: UUID) -> LinkReport | None:
    """Return the newest report of this shoot, seen to or not."""
    query = select(LinkReport).where(LinkReport.shoot_id == shoot_id)
    return db.session.scalar(query.order_by(LinkReport.reported_at.desc()).limit(1))


def waiting() -> list[OpenReport]:
    """Return every report nobody has seen to, of people who still want to get in; the oldest first."""
    last_active = (
        select(func.max(Session.active_at)).where(Session.person_id == Person.id).correlate(Person).scalar_subquery()
    )
    query = (
        select(LinkReport, Shoot, Person, last_active)
        .join(Shoot, Shoot.id == LinkReport.shoot_id)
        .join(Person, Person.id == Shoot.person_id)
        .where(LinkReport.done_at.is_(None), Shoot.closed_at.is_(None), Shoot.provider_status == "onboarding")
        .order_by(LinkReport.reported_at)
    )
    return [OpenReport(*row) for row in db.session.execute(query)]
