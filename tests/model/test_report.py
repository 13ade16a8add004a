"""A report: fixed columns, and lawful means that no hard finding is left without an exception."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from gridmap import Report
from gridmap.errors import InvalidInput
from gridmap.model.report import FINDING_COLUMNS


def report(*rows: tuple[str, bool]) -> Report:
    """A report with one finding for each (severity, excepted)."""
    table = {name: [""] * len(rows) for name in FINDING_COLUMNS if name != "geometry"}
    table |= {"severity": [s for s, _ in rows], "excepted": [e for _, e in rows]}
    findings = gpd.GeoDataFrame(table, geometry=[None] * len(rows), crs="EPSG:4549")
    return Report(findings, pd.DataFrame(), {}, ("R5",), "shanyang-2020", "v")


@pytest.mark.parametrize(
    ("rows", "is_lawful"),
    [
        ((), True),
        ((("soft", False), ("info", False)), True),
        ((("hard", True),), True),
        ((("hard", False),), False),
        ((("hard", True), ("hard", False), ("soft", False)), False),
    ],
)
def test_lawful(rows: tuple[tuple[str, bool], ...], is_lawful: bool) -> None:
    made = report(*rows)
    assert made.is_lawful is is_lawful
    assert len(made.broken) == sum(row == ("hard", False) for row in rows)


def test_columns_are_fixed() -> None:
    made = report(("hard", False))
    for findings in (made.findings.drop(columns="limit"), made.findings.assign(extra=1)):
        with pytest.raises(InvalidInput, match="findings need the columns"):
            Report(findings, made.grids, {}, (), "shanyang-2020", "v")
