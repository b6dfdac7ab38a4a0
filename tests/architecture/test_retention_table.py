"""Every class of data has a rule, every rule a deletion, and no deletion a number of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portal.domain import retention
from portal.domain.data_classes import Retention, Subject
from portal.domain.data_map import DATA_MAP, list_column_classes
from portal.domain.retention import RETENTION_RULES
from portal.models.expiry import EXPIRY_QUERIES
from portal.services.retention import DELETIONS
from tests.architecture.code import ROOT, list_python_files, parse_file

# Deleted by the provider; deleted together with sessions, by periods that no setting changes.
NOT_IN_THE_JOB = {retention.STUDIO_UPLOADS, retention.SIGN_IN_ATTEMPTS, retention.LOGOUT_ORDERS}
# Periods of a day or more that keep no data: how long something is awaited, shown or repeated.
NO_RETENTION = {
    "portal/services/fsck.py": {"MAX_ERASURE_AGE", "MAX_EXPIRED_AGE"},
    "portal/models/credits.py": {"READING_INTERVAL"},
    "portal/services/credits.py": {"CURVE_PERIOD"},
    "portal/services/health_records.py": {"SECRET_AGE_REMINDER"},
    "portal/services/provider_actions.py": {"INVITE_VALIDITY"},
    "portal/services/provider_account.py": {"USAGE_PERIOD"},
    "portal/services/sweep.py": {"PHOTO_CHECKS_FOR"},
    "portal/services/notifications.py": {"GIVE_UP_AFTER"},
    "portal/services/retention_plan.py": {"PREVIEW_PERIOD", "GRACE"},
}


@pytest.mark.privacy("P08")
def test_each_class_of_data_has_a_rule() -> None:
    classes = {rule.data_class for rule in RETENTION_RULES}
    used = {data_class.retention for data_class in list_column_classes().values()}
    assert used | classes == set(Retention)
    assert sorted(used - classes - {Retention.COMPANY}) == []
    about_people = [name for name, table in DATA_MAP.items() if table.subject is not Subject.NONE]
    # Versions of texts stay as proof of what people agreed to; of a person they hold the id of the admin who wrote one.
    # Of a campaign the audience alone may name people, and goes with them.
    kept = [name for name in about_people if DATA_MAP[name].retention is Retention.COMPANY]
    assert sorted(kept) == ["campaigns", "text_versions"]
    assert DATA_MAP["campaigns"].exceptions == {"audience": Retention.ROSTER}


def test_each_rule_has_one_deletion() -> None:
    assert [rule.key for rule in RETENTION_RULES if rule in NOT_IN_THE_JOB] == [
        "studio-uploads",
        "sign-in-attempts",
        "logout-orders",
    ]
    deleted = [deletion.rule.key for deletion in DELETIONS]
    assert sorted(deleted) == sorted(rule.key for rule in RETENTION_RULES if rule not in NOT_IN_THE_JOB)


def test_each_deletion_of_data_about_people_is_announced_and_checked() -> None:
    without_people = {
        "provider-calls",
        "webhook-rejections",
        "credit-readings",
        "provider-records",
        "jobs",
        "rate-limits",
        "superseded-kits",
    }
    assert set(EXPIRY_QUERIES) == {deletion.rule.key for deletion in DELETIONS} - without_people


@pytest.mark.privacy("P08")
def test_limits_hold_the_default() -> None:
    for rule in RETENTION_RULES:
        if rule.limits is not None:
            assert rule.limits[0] <= rule.default <= rule.limits[1], rule.key
            assert all(each.total_seconds() % 86_400 == 0 for each in (*rule.limits, rule.default))
    assert len({rule.key for rule in RETENTION_RULES}) == len(RETENTION_RULES)
    # The hard stop of the Illinois act, and what the database refuses in migration 0037.
    assert retention.INACTIVE_PEOPLE.limits is not None
    assert retention.AUDIT_TRAIL.limits is not None
    assert retention.INACTIVE_PEOPLE.limits[1] == timedelta(days=3 * 365)
    assert retention.AUDIT_TRAIL.limits[0] == timedelta(days=365)
    migration = (ROOT / "portal/migrations/versions/0037_retention.py").read_text(encoding="utf-8")
    assert "interval '365 days'" in migration


def _list_day_constants(path: Path) -> Iterator[str]:
    for node in ast.walk(parse_file(path)):
        if isinstance(node, ast.Assign) and re.search(r"timedelta\((days|weeks)=", ast.unparse(node.value)):
            name = ast.unparse(node.targets[0])
            if name.isupper():
                yield name


def test_no_job_deletes_by_a_number_that_is_not_in_the_table() -> None:
    """Services, jobs and models define no period of a day or more, except those listed with what they are."""
    found: dict[str, set[str]] = {}
    for folder in ("portal/services", "portal/jobs", "portal/models"):
        for path in list_python_files(folder):
            if names := set(_list_day_constants(path)):
                found[path.relative_to(ROOT).as_posix()] = names
    assert found == NO_RETENTION


def test_deletions_subtract_the_period_in_one_place() -> None:
    """``now - period`` is computed once; a deletion gets the result and no other time to compare with."""
    text = (ROOT / "portal/services/retention.py").read_text(encoding="utf-8")
    assert re.findall(r"now - (\S+?)[,)\n]", text) == [
        "period",
        "retention.SIGN_IN_ATTEMPTS.default",
        "retention.LOGOUT_ORDERS.default",
    ]
    for name in ("photo_retention", "leavers", "erasure_receipts", "audit_expiry", "archives", "kits", "exports"):
        assert "now - " not in (ROOT / f"portal/services/{name}.py").read_text(encoding="utf-8"), name
