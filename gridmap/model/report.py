"""The report: one row for each broken rule, and the figures of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import pandas as pd

from gridmap.errors import InvalidInput

Severity = Literal["hard", "soft", "info"]

#: Columns of ``Report.findings`` in order.
FINDING_COLUMNS: Final = (
    "check",
    "severity",
    "excepted",
    "jurisdiction",
    "grid",
    "unit",
    "value",
    "limit",
    "measure_unit",
    "message_zh",
    "message_en",
    "geometry",
)


@dataclass(frozen=True, eq=False)
class Report:
    """How a plan stands against a set of rules.

    Parameters
    ----------
    findings : geopandas.GeoDataFrame
        One row a finding, columns :data:`FINDING_COLUMNS`: id of the check; ``hard``, ``soft`` or
        ``info``; whether a named exception covers it; jurisdiction and grid code ("" for the whole
        town), unit id ("" unless it is about one); the value found, the limit, their unit of measure;
        the sentence in Chinese and English; the geometry of the fault (may be empty), in the CRS of
        the units.
    grids : pandas.DataFrame
        One row a grid (index grid code): the metrics of each grid.
    totals : mapping of str to float or int
        The metrics of the plan as a whole.
    checks : tuple of str
        Ids of the checks that were run, whether or not they found anything.
    rules_name : str
        Name of the preset that judged.
    catalogue_version : str
        Version hash of the check catalogue: a stored report with another one is stale.

    Raises
    ------
    InvalidInput
        If the findings have other columns.
    """

    findings: gpd.GeoDataFrame
    grids: pd.DataFrame
    totals: Mapping[str, float | int]
    checks: tuple[str, ...]
    rules_name: str
    catalogue_version: str

    def __post_init__(self) -> None:
        if tuple(self.findings.columns) != FINDING_COLUMNS:
            raise InvalidInput(f"findings need the columns {FINDING_COLUMNS}; got {tuple(self.findings.columns)}")

    @property
    def broken(self) -> gpd.GeoDataFrame:
        """Hard findings that no named exception covers."""
        return self.findings[(self.findings["severity"] == "hard") & ~self.findings["excepted"].astype(bool)]

    @property
    def is_lawful(self) -> bool:
        """Whether every hard rule is kept or set aside by a named exception."""
        return bool(self.broken.empty)
