"""A plan's points on a day, with what several checks and figures ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.model.finding import Row
from gridmap.model.plan import Plan
from gridmap.model.text import Text
from gridmap.points.place import place_points
from gridmap.points.shifted import Shift, looks_shifted, read_off_web_map
from gridmap.points.status import is_built_point, status_on
from gridmap.points.two_in_one import NEAR_M, TwoInOne, find_two_in_one
from gridmap.points.words import point_title


@dataclass(frozen=True, eq=False)
class PointCase:
    """What is judged.

    Attributes
    ----------
    plan : Plan
    points : geopandas.GeoDataFrame
        n records of the register ``point``, in the CRS of the units.
    day : datetime.date
    premises : geopandas.GeoDataFrame or None
        The town's premises; column ``premises_id``.
    distance_m : float
        Of two in one, metres.
    """

    plan: Plan
    points: gpd.GeoDataFrame
    day: date
    premises: gpd.GeoDataFrame | None
    distance_m: float

    @cached_property
    def shift(self) -> Shift | None:
        """The datum in which the points fit clearly better."""
        return looks_shifted(self.points, self.plan)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The records with what follows from them, sorted by id, index 0 … n − 1.

        ``status`` is that of the day, ``recorded`` the one on record; ``grid`` and ``jurisdiction`` are by place,
        ``declared_grid`` and ``declared_jurisdiction`` as the record has them; ``web_map`` is the datum of the web map
        that explains a place which is not that on record, "" for none.
        """
        points, placed = self.points, place_points(self.points, self.plan)
        kept = ("point_id", "name", "kind", "planned_on", "built_on", "opened_on", "closed_on")
        columns: dict[str, Any] = {c: points[c].to_numpy() for c in kept}
        columns |= {c: placed[c].to_numpy() for c in placed.columns}
        columns |= {
            "premises": points["premises_id"].str.strip().to_numpy(object),
            "declared_grid": points["grid"].to_numpy(object),
            "declared_jurisdiction": points["jurisdiction"].to_numpy(object),
            "recorded": points["status"].to_numpy(object),
            "status": status_on(points, self.day).to_numpy(object),
            "is_built": is_built_point(points, self.day).to_numpy(bool),
            "place": np.asarray(points.geometry.values, dtype=object),
            "web_map": [d or "" for d in read_off_web_map(points, self.plan)],
        }
        return pd.DataFrame(columns).sort_values("point_id", ignore_index=True)

    @cached_property
    def placed(self) -> pd.DataFrame | None:
        """:attr:`table`, or None where the points are in another datum, so that no place of theirs can be judged."""
        return self.table if self.shift is None else None

    @cached_property
    def open_grid_points(self) -> pd.DataFrame:
        """Rows of :attr:`table`: grid points in use."""
        table = self.table
        return table[(table["kind"] == "grid_point") & (table["status"] == "in_use")]

    @cached_property
    def two_in_one(self) -> TwoInOne:
        """What is two in one on the day."""
        near_m = max(self.distance_m, NEAR_M)
        return find_two_in_one(self.points, self.plan, day=self.day, distance_m=self.distance_m, near_m=near_m)

    def per_grid(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """How many rows of :attr:`table` lie in each grid, (k,)."""
        counts = table["grid"].value_counts().reindex(list(self.plan.codes), fill_value=0)
        return np.asarray(counts, dtype=np.int64)

    def place_title(self, code: str) -> str:
        """Name of a jurisdiction, its code where it has none."""
        return str(self.plan.units.jurisdictions["name"].get(code, "")) or code


def title_of(row: Mapping[Any, Any]) -> Text:
    """What the point of a row of :attr:`PointCase.table` is called."""
    return point_title(row["name"], row["point_id"])


def row_about(row: Mapping[Any, Any], text: Text, **further: Any) -> Row:
    """A finding about the point of a row of :attr:`PointCase.table`, where it lies."""
    place = row["place"]
    about = {"grid": row["grid"], "jurisdiction": row["jurisdiction"], "unit": row["point_id"]}
    about["geometry"] = None if pd.isna(place) else place
    return Row(text, **(about | further))
