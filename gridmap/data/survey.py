"""A town's own files become a survey: one work CRS, our columns, known jurisdictions, and every fault said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.data.beside import read_beside
from gridmap.data.columns import check_mapping, find_column, parse_count
from gridmap.data.crs import guess_datum
from gridmap.data.datum import Datum
from gridmap.data.desk import Desk, Source
from gridmap.data.faults import Fault, Validation, note, validation
from gridmap.data.layers import UNIT_LAYERS, role_of, unit_kind_of
from gridmap.data.places import WHOLE, dissolve_units, find_kinds, match_codes
from gridmap.data.standard import Standard, standard_jurisdictions, standard_units
from gridmap.data.table import Ledger, read_ledger
from gridmap.data.validate import POINTS, POLYGONS, mend_geometry, mend_ids, validate_survey, validate_units
from gridmap.data.vector import list_layers, open_layer, read_pairs, split_source
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text
from gridmap.model.town import Survey


def read_survey(
    path: str | Path,
    *,
    layer: str | None = None,
    jurisdictions: str | Path | None = None,
    barriers: str | Path | None = None,
    premises: str | Path | None = None,
    ledger: str | Path | None = None,
    kind: str = "auto",
    columns: Mapping[str, str] | None = None,
    crs: str | None = None,
    datum: Datum | None = None,
    encoding: str | None = None,
    strict: bool = False,
) -> tuple[Survey, Validation]:
    """Read a town: its units or buildings, jurisdictions, barriers and premises.

    Parameters
    ----------
    path : str or Path
        A vector file, or ``FILE:LAYER``. A GeoPackage with our standard layers is read whole
        (see ``docs/howto/input.md``); of any other file one layer.
    layer : str, optional
        The layer of units or buildings; points are always buildings.
    jurisdictions, barriers, premises : str or Path, optional
        ``FILE`` or ``FILE:LAYER``.
    ledger : str or Path, optional
        CSV or Excel table with the households, joined by id or by jurisdiction and name.
    kind : {"auto", "rural", "residential"}
        ``rural`` makes every jurisdiction a village, ``residential`` a residential area.
    columns : mapping of str to str, optional
        Our column → theirs; ``jurisdictions.code`` and so on for the other files.
    crs : str, optional
        The CRS of `path`, in place of what it says; and of the other files where they say none.
    datum : {"gcj02", "bd09"}, optional
        The shift to undo in the layers of `path`; the other files are trusted.
    encoding : str, optional
        Encoding of shapefiles and CSV.
    strict : bool
        Refuse an input with any error in place of mending it.

    Returns
    -------
    survey : Survey
    validation : Validation
        Every fault and remark, with what was done about it.

    Raises
    ------
    RefusedSource, InvalidInput, MissingCrs, MissingProgram
        One sentence each: what, where, what was expected, what to do.
    """
    check_mapping(columns or {})
    desk = Desk(columns or {}, crs, datum, encoding)
    sources = _open(path, layer, desk)
    mains = [s for s in sources if s.role in UNIT_LAYERS or s.role == "buildings"]
    book = read_ledger(ledger, encoding=encoding) if ledger is not None else None
    if book is not None:
        desk.faults += [Fault("ledger", "", "ledger", "", n, "none", "note") for n in book.notes]
    units, buildings = _main_layers(mains, book, desk)
    areas, are_derived = _jurisdictions(sources, jurisdictions, units, buildings, desk, Path(split_source(path)[0]))
    groups = units is not None and bool((units.frame["kind"] == "group").any())
    areas["kind"], told = find_kinds(areas, groups, kind)
    desk.faults += told
    has_households = _require_households(units, buildings, areas, desk)
    for name, part in (("units", units), ("buildings", buildings)):
        if part is not None and not are_derived:
            _check_datum(part.frame, areas, name, desk)
    unit_frame = _finish(units, areas, "units", desk)
    building_frame = _finish(buildings, areas, "buildings", desk)
    beside = read_beside(sources, barriers, premises, desk)
    context = dict(beside.context)
    if building_frame is not None and np.isin(shapely.get_type_id(building_frame.geometry.values), POLYGONS).all():
        context["buildings"] = _with_houses(building_frame, beside.context.get("buildings"))
    survey = Survey(
        jurisdictions=areas,
        units=unit_frame,
        buildings=building_frame,
        barriers=beside.barriers,
        premises=beside.premises,
        context=context,
        has_households=has_households,
        **_about(path),
    )
    result = validation([*desk.faults, *validate_survey(survey, are_derived=are_derived).faults])
    if strict:
        result.require_clean()
    return survey, result


def _open(path: str | Path, layer: str | None, desk: Desk) -> list[Source]:
    """One named layer, the only layer, or, of a file with our standard layers, all of them."""
    file, named = split_source(path)
    layer = layer or named
    names = list_layers(file)
    is_whole = len(names) > 1 and any(role_of(n) in (*UNIT_LAYERS, "buildings") for n in names)
    if layer is not None or not is_whole:
        found = open_layer(file, layer, encoding=desk.encoding)
        role = role_of(found.name)
        role = role if role in UNIT_LAYERS or role == "buildings" else "units"
        return [Source(role, found, f"{file.name}:{found.name}")]
    sources = []
    for name in names:
        role = role_of(name)
        if role is not None and role != "about":
            found = open_layer(file, name, encoding=desk.encoding)
            sources.append(Source(role, found, f"{file.name}:{name}"))
    unread = [n for n in names if role_of(n) is None]
    if unread:
        what = Text(
            f"{file.name}：未读的图层：{first_ten_zh(unread)}。", f"{file.name}: layers not read: {first_ten(unread)}"
        )
        desk.faults.append(note("", what, "unread_layer"))
    return sources


class _Main(NamedTuple):
    """Units or buildings on their way: standard columns, ids and geometries mended."""

    frame: gpd.GeoDataFrame
    cells: list[str]
    columns: list[str]


def _main_layers(sources: list[Source], book: Ledger | None, desk: Desk) -> tuple[_Main | None, _Main | None]:
    """The units and the buildings of the input, each None where there are none."""
    has_cells = any(s.role == "cells" for s in sources)
    parts: dict[str, list[Standard]] = {"units": [], "buildings": []}
    for source in sources:
        if has_cells and source.role == "buildings":
            continue  # the cells were made of them already
        frame = desk.prepare(source, is_input=True)
        types = shapely.get_type_id(frame.geometry.values)
        if not np.isin(types, (*POINTS, *POLYGONS)).any():
            raise InvalidInput(
                f"{source.where}: wanted polygons (units) or points (buildings); got lines; choose another layer",
                f"{source.where}：需要多边形（单元）或点（楼栋）图层；实际为线；请另选图层。",
            )
        name = "buildings" if source.role == "buildings" or np.isin(types, (-1, *POINTS)).all() else "units"
        lacks = find_column(frame.columns, "households", None, where=source.where) is None if book else False
        made = standard_units(frame, name, source.where, desk.columns, book if lacks or len(sources) == 1 else None)
        kind = unit_kind_of(source.layer.name)
        made.frame["kind"] = made.frame["kind"].where(made.frame["kind"] != "", kind)
        desk.faults += made.faults
        parts[name].append(made)
    return _mended(parts["units"], "units", desk), _mended(parts["buildings"], "buildings", desk)


def _mended(parts: list[Standard], layer: str, desk: Desk) -> _Main | None:
    if not parts:
        return None
    frame = pd.concat([p.frame for p in parts], ignore_index=True)
    cells = [c for p in parts for c in (p.cells or [""] * len(p.frame))]
    frame["_cell"] = cells
    frame, faults = mend_ids(gpd.GeoDataFrame(frame, crs=desk.work), layer)
    desk.faults += faults
    frame, faults = mend_geometry(frame, layer, POLYGONS if layer == "units" else POINTS + POLYGONS)
    desk.faults += faults
    cells = frame.pop("_cell").tolist()
    return _Main(frame.reset_index(), cells, [c for p in parts for c in p.columns])


def _jurisdictions(
    sources: list[Source],
    option: str | Path | None,
    units: _Main | None,
    buildings: _Main | None,
    desk: Desk,
    file: Path,
) -> tuple[gpd.GeoDataFrame, bool]:
    """The jurisdictions, and whether they had to be made of the units."""
    values = pd.concat([p.frame["jurisdiction"] for p in (units, buildings) if p is not None])
    own = [s for s in sources if s.role == "jurisdictions"]
    if option is not None:
        path, layer = split_source(option)
        found = open_layer(path, layer, encoding=desk.encoding)
        source = Source("jurisdictions", found, f"{path.name}:{found.name}")
        frame = desk.prepare(source, is_input=False)
    elif own:
        source = own[0]
        frame = desk.prepare(source, is_input=True)
    else:
        return _derived(units, buildings, desk, file), True
    areas, faults = standard_jurisdictions(frame, source.where, desk.columns, values)
    desk.faults += faults
    return areas, False


def _derived(units: _Main | None, buildings: _Main | None, desk: Desk, file: Path) -> gpd.GeoDataFrame:
    if buildings is not None or units is None:
        raise InvalidInput(
            f"{file.name}: buildings need the outlines of their jurisdictions; give them: --jurisdictions FILE:LAYER",
            f"{file.name}：楼栋图层需要村居边界；请用 --jurisdictions 文件:图层 给出。",
        )
    frame = units.frame
    said = frame[frame["jurisdiction"] != ""]
    if said.empty:
        name = file.stem
        what = Text(
            f"没有辖区列，也没有辖区图层：全部单元归入一个辖区 {WHOLE}「{name}」。",
            f"no column and no layer of jurisdictions: all units belong to one, {WHOLE} {name}",
        )
        desk.faults.append(note("jurisdictions", what, "no_jurisdiction"))
        frame["jurisdiction"] = WHOLE
        return dissolve_units(frame.assign(jurisdiction_name=name))
    areas = dissolve_units(
        said.assign(
            jurisdiction_name=said["jurisdiction_name"].where(said["jurisdiction_name"] != "", said["jurisdiction"])
        )
    )
    what = Text(
        f"没有辖区图层：由单元按辖区列合并出 {len(areas)} 个辖区。",
        f"no layer of jurisdictions: made {len(areas)} by joining the units of each",
    )
    desk.faults.append(note("jurisdictions", what, "derived"))
    return areas


def _with_houses(buildings: gpd.GeoDataFrame, houses: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """The buildings of the units as they are drawn, with the houses that are no units."""
    drawn = buildings[["name", "geometry"]]
    if houses is None:
        return drawn
    return pd.concat([drawn.assign(kind="").reset_index(drop=True), houses], ignore_index=True)[list(houses.columns)]


def _require_households(units: _Main | None, buildings: _Main | None, areas: gpd.GeoDataFrame, desk: Desk) -> bool:
    """Whether there are any counts of households; only a town of villages may go without."""
    parts = [p for p in (units, buildings) if p is not None]
    lacking = [p for p in parts if "households" not in p.frame.columns]
    if not lacking:
        return True
    others = areas.index[areas["kind"] != "village"]
    has_any = len(lacking) < len(parts)
    if len(others) and (not has_any or lacking[0] is buildings):
        has = lacking[0].columns
        raise InvalidInput(
            f"no column of households, and residential areas are divided by them ({first_ten(others[:3])} …); "
            f"name it with --households-column, give a table with --households FILE, "
            f"or say --kind rural; columns: {first_ten(has)}",
            f"没有户数列，而居民区按户数划分（{first_ten_zh(others[:3])} 等）；"
            f"请用 --households-column 指定、用 --households 文件 给出台账，或注明 --kind rural；"
            f"现有列：{first_ten_zh(has)}。",
        )
    what = Text("没有户数：行政村按小组数划分，户数显示为「—」。", "no households: villages are divided by groups")
    desk.faults.append(note("units", what, "no_households"))
    return has_any


def _check_datum(frame: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, layer: str, desk: Desk) -> None:
    codes, _ = match_codes(frame["jurisdiction"], areas)
    belongs = codes.to_numpy(object) if bool((codes != "").all()) else None
    guess = guess_datum(frame, areas, belongs)
    if guess.warning is None:
        return
    if guess.shares["wgs84"] == 0:
        raise InvalidInput(guess.warning.en, guess.warning.zh)
    desk.faults.append(Fault(layer, "", "datum", "", guess.warning, "kept", "warning"))


def _finish(main: _Main | None, areas: gpd.GeoDataFrame, layer: str, desk: Desk) -> gpd.GeoDataFrame | None:
    if main is None:
        return None
    are_buildings = layer == "buildings"
    result = validate_units(main.frame, areas, layer=layer, are_points_allowed=are_buildings, cells=main.cells)
    desk.faults += result.faults
    frame = result.frame
    assert frame is not None  # validate_units always returns its frame
    if "households" not in frame.columns:
        frame = frame.assign(households=0)
    if are_buildings:
        return frame.drop(columns=["jurisdiction_name", "kind"]).set_geometry(
            _one_point(np.asarray(frame.geometry.values, dtype=object)), crs=frame.crs
        )
    is_village = frame["jurisdiction"].map(areas["kind"]) == "village"
    kinds = frame["kind"].where(frame["kind"] != "", np.where(is_village, "group", "cell"))
    counts = {
        name: [parse_count(v).number or 0 for v in frame[name]] if name in frame.columns else 0
        for name in ("buildings", "premises")
    }
    return frame.drop(columns="jurisdiction_name").assign(kind=kinds, **counts)


def _one_point(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.where(shapely.get_type_id(shapes) == POINTS[1], shapely.centroid(shapes), shapes)


def _about(path: str | Path) -> dict[str, Any]:
    """Name, source, date and whether it is synthetic, from the table ``about``; else the name of the file."""
    file, _ = split_source(path)
    table = next((n for n in list_layers(file) if role_of(n) == "about"), None)
    said = read_pairs(file, table) if table is not None else {}
    return {
        "name": said.get("name", file.stem),
        "source": said.get("source", ""),
        "date": said.get("date", ""),
        "is_synthetic": said.get("synthetic", "").casefold() in ("1", "true", "yes", "是"),
    }
