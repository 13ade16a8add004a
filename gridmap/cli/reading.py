"""What a command reads: the survey, the town made of it, and an earlier plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd

from gridmap.cells.town import build_town
from gridmap.check.polygons import judge_polygons
from gridmap.cli.screen import Screen, Steps
from gridmap.data.faults import Validation
from gridmap.data.plan_file import PlanFile, read_plan, retired_codes
from gridmap.data.survey import read_survey
from gridmap.data.vector import list_layers, read_layer, split_source
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.plan import Plan
from gridmap.model.rules import Rules
from gridmap.model.town import Survey, Town

#: Columns that may hold the code of a grid in a layer of polygons; the first that is there is taken.
_CODE_COLUMNS = ("grid_code", "code", "网格编号", "网格编码", "网格代码", "编号")


@dataclass(frozen=True)
class Reading:
    """What to read and how; the fields are the options of ``read_survey``."""

    source: str
    layer: str | None = None
    jurisdictions: str | None = None
    barriers: str | None = None
    premises: str | None = None
    ledger: str | None = None
    kind: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    datum: str | None = None
    encoding: str | None = None
    strict: bool = False


def survey_of(reading: Reading) -> tuple[Survey, Validation]:
    """The survey and its faults.

    Raises
    ------
    InvalidInput
        If an option has an unknown value, and as :func:`gridmap.data.survey.read_survey` says.
    """
    if reading.kind not in ("auto", "rural", "residential"):
        raise InvalidInput(
            f"--kind is rural, residential or auto; got {reading.kind!r}",
            f"--kind 应为 rural、residential 或 auto；得到 {reading.kind!r}",
        )
    if reading.datum not in (None, "gcj02", "bd09"):
        raise InvalidInput(
            f"--datum is gcj02 or bd09; got {reading.datum!r}", f"--datum 应为 gcj02 或 bd09；得到 {reading.datum!r}"
        )
    return read_survey(
        reading.source,
        layer=reading.layer,
        jurisdictions=reading.jurisdictions,
        barriers=reading.barriers,
        premises=reading.premises,
        ledger=reading.ledger,
        kind=reading.kind,
        columns=reading.columns,
        crs=reading.crs,
        datum=reading.datum,  # type: ignore[arg-type]  # checked above
        encoding=reading.encoding,
        strict=reading.strict,
    )


def read_town(reading: Reading, rules: Rules, screen: Screen, steps: Steps) -> Town:
    """The town made of the survey; faults and remarks go to standard error.

    Raises
    ------
    InvalidInput
        As :func:`survey_of` and :func:`gridmap.cells.town.build_town` say.
    """
    steps.stage("read")
    survey, validation = survey_of(reading)
    faults = validation.rows[validation.rows["severity"] != "note"]
    for _, row in faults.head(10).iterrows():
        screen.err.print(f"! {row['layer']}: {row[f'what_{screen.lang}']}", markup=False, soft_wrap=True)
    if len(faults) > 10:
        n = len(faults) - 10
        screen.err.print(
            screen.words(
                f"! 另有 {n} 处；用 gridmap validate 查看全部", f"! {n} more; `gridmap validate` lists them all"
            )
        )
    steps.stage("cells")
    town, notes = build_town(survey, rules)
    for note in notes:
        screen.err.print(f"· {note.in_language(screen.lang)}", markup=False, soft_wrap=True)
    return town


def previous_plan(source: str, town: Town, screen: Screen) -> tuple[Plan, tuple[str, ...]]:
    """An earlier plan and every code that it retired: a plan file, or grids as polygons over the units.

    Raises
    ------
    InvalidInput
        If the file cannot be read, or its polygons have no column of codes.
    """
    path, layer = split_source(source)
    if path.suffix.lower() == ".gpkg" and path.is_file() and layer is None and "units" in list_layers(path):
        file: PlanFile = read_plan(path)
        return file.plan, retired_codes(file)
    polygons = read_layer(path, layer)
    column = next((c for c in _CODE_COLUMNS if c in polygons.columns), None)
    if column is None:
        columns = [c for c in polygons.columns if c != polygons.geometry.name]
        raise InvalidInput(
            f"{source}: existing grids need a column grid_code (or 网格编号); rename one of: {first_ten(columns)}",
            f"{source}：现有网格图层需要 grid_code（或 网格编号）列；请将其中一列改名：{first_ten_zh(columns)}。",
        )
    judged, notes = judge_polygons(gpd.GeoDataFrame(polygons), town.units, code_column=column)
    cut = int((notes["kind"] == "cut_unit").sum()) if len(notes) else 0
    if cut:
        screen.err.print(
            screen.words(
                f"! 现有网格切开了 {cut} 个单元，按较大部分归属",
                f"! the existing grids cut {cut} units; each goes with its larger part",
            )
        )
    return judged, ()
