"""The data map: privacy classes for all columns, one module an area.

A column that is missing fails ``tests/architecture/test_data_map.py``. The export of a person's data and the tables in
``docs/privacy`` follow from this map. The recipe is in ``docs/architecture.md``.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.data_classes import DataClass, TableClass
from portal.domain.data_map import account, campaign, operation, photo_sessions, photos

DATA_MAP: Mapping[str, TableClass] = {
    **account.TABLES,
    **photo_sessions.TABLES,
    **photos.TABLES,
    **campaign.TABLES,
    **operation.TABLES,
}
"""The classes of each table."""


def list_column_classes() -> dict[str, DataClass]:
    """Return the classes by ``table.column``."""
    return {
        f"{table}.{name}": data_class
        for table, classes in DATA_MAP.items()
        for name, data_class in classes.iterate_classes()
    }
