"""The layers beside the units: barriers, premises, and what is only drawn."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from gridmap.data.columns import as_text, find_column
from gridmap.data.desk import Desk, Source
from gridmap.data.layers import BARRIER_LAYERS, barrier_frame, houses_frame, premises_frame, role_of
from gridmap.data.standard import role_columns
from gridmap.data.vector import list_layers, open_layer, split_source


class Beside(NamedTuple):
    """Barriers and premises (None where there are none) and the layers for drawing, all in the work CRS."""

    barriers: gpd.GeoDataFrame | None
    premises: gpd.GeoDataFrame | None
    context: dict[str, gpd.GeoDataFrame]


def read_beside(sources: list[Source], barriers: str | Path | None, premises: str | Path | None, desk: Desk) -> Beside:
    """Barriers and premises out of the input itself, or out of the files that the user named.

    Raises
    ------
    RefusedSource, InvalidInput, MissingCrs, MissingProgram
        As :func:`gridmap.data.vector.open_layer`, or if a named column does not exist.
    """
    context: dict[str, gpd.GeoDataFrame] = {}
    lines = []
    mapped = role_columns(desk.columns, "barriers")
    named = _barrier_sources(barriers, desk)
    own = [s for s in sources if s.role in BARRIER_LAYERS] if barriers is None else []
    for source in own + named:
        frame = desk.prepare(source, is_input=barriers is None)
        made, faults = barrier_frame(frame, source.role, source.where, mapped)
        desk.faults += faults
        lines.append(made)
        if source.role == "water":
            context["water"] = _named(frame, source.where)
    every = pd.concat(lines, ignore_index=True) if lines else None
    if every is not None:
        roads = every[every["kind"] == "road"]
        if len(roads):
            context["roads"] = roads[["road_class", "name", "geometry"]].reset_index(drop=True)
        rivers = every[every["kind"] == "river"]
        if "water" not in context and len(rivers):
            context["water"] = rivers[["name", "geometry"]].reset_index(drop=True)
    for source in sources:
        if source.role == "green":
            context["green"] = _named(desk.prepare(source, is_input=True), source.where)
        if source.role == "houses":
            context["buildings"] = houses_frame(desk.prepare(source, is_input=True), source.where)
    return Beside(every, _premises(sources, premises, desk), context)


def _barrier_sources(barriers: str | Path | None, desk: Desk) -> list[Source]:
    """The layer that the user named; of a file with several layers, those that are called roads, water, walls …"""
    if barriers is None:
        return []
    path, layer = split_source(barriers)
    names = list_layers(path) if layer is None else [layer]
    known = [n for n in names if role_of(n) in BARRIER_LAYERS]
    if layer is None and len(names) > 1 and known:
        return [Source(str(role_of(n)), open_layer(path, n, encoding=desk.encoding), f"{path.name}:{n}") for n in known]
    found = open_layer(path, layer, encoding=desk.encoding)
    role = role_of(found.name)
    return [Source(role if role in BARRIER_LAYERS else "", found, f"{path.name}:{found.name}")]


def _premises(sources: list[Source], option: str | Path | None, desk: Desk) -> gpd.GeoDataFrame | None:
    own = [s for s in sources if s.role == "premises"]
    if option is not None:
        path, layer = split_source(option)
        found = open_layer(path, layer, encoding=desk.encoding)
        own = [Source("premises", found, f"{path.name}:{found.name}")]
    if not own:
        return None
    frame = desk.prepare(own[0], is_input=option is None)
    return premises_frame(frame, own[0].where, role_columns(desk.columns, "premises"))


def _named(frame: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """Only names and shapes: what is drawn needs no more."""
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    column = find_column(frame.columns, "name", where=where, is_needed=False)
    names = [as_text(v) for v in frame[column]] if column else ""
    return gpd.GeoDataFrame({"name": names}, geometry=list(frame.geometry), crs=frame.crs)
