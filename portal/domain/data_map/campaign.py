"""Campaigns, their roster and what is sent about them."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.data_classes import TableClass

TABLES: Mapping[str, TableClass] = {}
