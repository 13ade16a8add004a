"""What differs between two versions, of one plan or of two plans of the same survey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import sqlalchemy as sa
from pyproj import CRS

from gridmap.errors import InvalidInput
from gridmap.partition.lineage import lineage_of
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import PlanEntry, check_version, get_entry
from gridmap.storage.frames import shapes_back
from gridmap.storage.rows import object_array, read_columns, without_collector

#: Columns of ``Diff.units`` and of ``Diff.grids`` before the geometry.
UNIT_COLUMNS: Final = ("unit_id", "from_grid", "to_grid", "households", "jurisdiction")
GRID_COLUMNS: Final = (
    "grid_code",
    "change",
    "households_before",
    "households_after",
    "units_before",
    "units_after",
)


@dataclass(frozen=True, eq=False)
class Diff:
    """The way from one version to another.

    Attributes
    ----------
    before, after : tuple of str and int
        Plan and version.
    units : geopandas.GeoDataFrame
        One row a unit whose grid differs: columns :data:`UNIT_COLUMNS` ("" for no grid) and its polygon.
    grids : pandas.DataFrame
        One row a grid that differs: columns :data:`GRID_COLUMNS`; ``change`` is ``new``, ``gone`` or ``changed``.
    lineage : pandas.DataFrame
        What became of the grids that differ (:func:`gridmap.partition.lineage.lineage_of`).
    households_moved : int
        Households of the units that differ and have a grid before and after.
    """

    before: tuple[str, int]
    after: tuple[str, int]
    units: gpd.GeoDataFrame
    grids: pd.DataFrame
    lineage: pd.DataFrame
    households_moved: int

    @property
    def codes_new(self) -> list[str]:
        """Codes that only the later version has."""
        return sorted(self.grids.loc[self.grids["change"] == "new", "grid_code"])

    @property
    def codes_gone(self) -> list[str]:
        """Codes that only the earlier version has."""
        return sorted(self.grids.loc[self.grids["change"] == "gone", "grid_code"])


def diff_versions(
    store: Store, plan: str | int, before: int, after: int | None = None, *, other: str | int | None = None
) -> Diff:
    """What differs between two versions.

    Parameters
    ----------
    store : Store
    plan : str or int
    before : int
        Version of `plan` to begin with.
    after : int, optional
        Version to end with; the newest without it.
    other : str or int, optional
        The plan that `after` is a version of, where it is another one (a branch).

    Raises
    ------
    NotStored
        If there is no such plan or version.
    InvalidInput
        If the two plans are of different surveys.
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection, without_collector():
        one = get_entry(connection, plan)
        two = one if other is None else get_entry(connection, other)
        if one.unit_set_id != two.unit_set_id:
            raise InvalidInput(
                f"plans {one.name} and {two.name} are of different surveys and have no units in common; "
                "migrate one of them first: gridmap store migrate",
                f"方案「{one.name}」与「{two.name}」的单元数据不同，无法逐单元比较；"
                "请先用 gridmap store migrate 迁移。",
            )
        first, last = check_version(one, before), check_version(two, after)
        old, new = content_at(connection, one, first), content_at(connection, two, last)
        every = old.keys() | new.keys()
        changed = [u for u in every if old.get(u) != new.get(u)]
        touched = ({old.get(u, "") for u in changed} | {new.get(u, "") for u in changed}) - {""}
        units = _units(connection, one, [u for u in every if old.get(u) in touched or new.get(u) in touched])
    codes = [(old.get(u, ""), new.get(u, "")) for u in units.index]
    households = units["households"].to_numpy(np.int64)
    table = pd.DataFrame(codes, columns=["from_grid", "to_grid"], index=units.index).assign(households=households)
    differs = (table["from_grid"] != table["to_grid"]).to_numpy(bool)
    rows = gpd.GeoDataFrame(
        {
            "unit_id": units.index[differs],
            "from_grid": table.loc[differs, "from_grid"].to_numpy(object),
            "to_grid": table.loc[differs, "to_grid"].to_numpy(object),
            "households": households[differs],
            "jurisdiction": units.loc[differs, "jurisdiction"].to_numpy(object),
        },
        geometry=units.geometry.to_numpy()[differs],
        crs=units.crs,
    )
    kept = differs & (table["from_grid"] != "").to_numpy() & (table["to_grid"] != "").to_numpy()
    return Diff(
        (one.name, first),
        (two.name, last),
        rows,
        _grids(table),
        # of all units of the grids that differ: whole grids, so that a split is told from an exchange
        lineage_of(households, table["from_grid"].tolist(), table["to_grid"].tolist()),
        int(households[kept].sum()),
    )


def _units(connection: sa.Connection, entry: PlanEntry, ids: list[str]) -> gpd.GeoDataFrame:
    crs = connection.execute(
        sa.text("SELECT crs FROM gridmap.unit_set WHERE id = :id"), {"id": entry.unit_set_id}
    ).scalar_one()
    unit_id, households, jurisdiction, shapes = read_columns(
        connection,
        "SELECT u.unit_id, u.households, u.jurisdiction, u.geom FROM unnest(%s::text[]) AS m (unit_id)"
        " JOIN gridmap.unit u ON u.unit_set_id = %s AND u.unit_id = m.unit_id ORDER BY u.position",
        ids,
        entry.unit_set_id,
    )
    return gpd.GeoDataFrame(
        {"households": np.array(households, dtype=np.int64), "jurisdiction": object_array(jurisdiction)},
        geometry=shapes_back(shapes),
        index=pd.Index(object_array(unit_id), dtype=object, name="unit_id"),
        crs=CRS.from_user_input(crs),
    )


def _grids(table: pd.DataFrame) -> pd.DataFrame:
    sides = {}
    for side, column in (("before", "from_grid"), ("after", "to_grid")):
        held = table[table[column] != ""].groupby(column)["households"]
        sides[f"households_{side}"] = held.sum()
        sides[f"units_{side}"] = held.size()
    frame = pd.DataFrame(sides).fillna(0).astype(np.int64)
    changed = pd.concat([table["from_grid"], table["to_grid"]])[
        np.tile((table["from_grid"] != table["to_grid"]).to_numpy(), 2)
    ]
    frame = frame[frame.index.isin(set(changed))]
    kind = np.where(frame["units_before"] == 0, "new", np.where(frame["units_after"] == 0, "gone", "changed"))
    frame = frame.assign(change=kind).rename_axis("grid_code").reset_index()
    return frame[list(GRID_COLUMNS)].sort_values("grid_code", ignore_index=True)
