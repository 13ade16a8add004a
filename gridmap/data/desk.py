"""What the reading of a town needs at hand, and how each of its layers comes into the work CRS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import geopandas as gpd
from pyproj import CRS

from gridmap.data.crs import (
    convert_datum,
    describe_work_crs,
    extent_fault,
    require_crs,
    swap_axes,
    to_work_crs,
    work_crs,
)
from gridmap.data.datum import Datum
from gridmap.data.faults import Fault, note
from gridmap.data.vector import Layer
from gridmap.model.text import Text


class Source(NamedTuple):
    """A layer, what it is to be (a key of ``LAYER_NAMES``), and its ``FILE:LAYER`` for messages."""

    role: str
    layer: Layer
    where: str


@dataclass
class Desk:
    """What the reading needs at hand: the user's words, the work CRS once it is known, and the faults so far."""

    columns: Mapping[str, str]
    crs: str | None
    datum: Datum | None
    encoding: str | None
    work: CRS | None = None
    faults: list[Fault] = field(default_factory=list)

    def prepare(self, source: Source, *, is_input: bool) -> gpd.GeoDataFrame:
        """The layer in the work CRS, with its datum shift undone; `crs` and `datum` speak of the input's own layers."""
        frame = source.layer.frame
        self.faults += [note(source.role, n, "reading") for n in source.layer.notes]
        given = self.crs if is_input or frame.crs is None else None
        frame = require_crs(frame, source.where, given)
        fault = extent_fault(frame)
        if fault == "swapped":
            frame = swap_axes(frame)
            what = Text(
                f"{source.where} 的 x、y 坐标颠倒，已对调。", f"{source.where}: x and y were exchanged; put right"
            )
            self.faults.append(Fault(source.role, "", "swapped_axes", "", what, "repaired", "error"))
        elif fault == "outside":
            what = Text(
                f"{source.where} 的坐标大多在坐标系 {frame.crs.name} 的适用范围之外；请核对 --crs。",
                f"{source.where}: most coordinates lie outside where {frame.crs.name} is meant for; check --crs",
            )
            self.faults.append(Fault(source.role, "", "crs", "", what, "kept", "warning"))
        if is_input and self.datum is not None:
            frame = convert_datum(frame, self.datum)
        if self.work is None:
            self.work = work_crs(frame)
            self.faults.append(note(source.role, describe_work_crs(frame.crs, self.work), "crs"))
        return to_work_crs(frame, self.work)
