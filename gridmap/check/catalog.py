"""The catalogue: every check and every figure, with its name, its unit of measure and its version.

Rule R11 (staffing) is judged with the rosters of people, not here. A new check or figure is a function
and a line in a table; a change of what one means raises its version, and with it the version of the
catalogue, by which a stored report is known to be stale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd

from gridmap.check import border, change, drawn, metrics, size, territory, unused, whole
from gridmap.check.case import Case
from gridmap.measure.shape import compounds_split
from gridmap.model.finding import Check, version_of
from gridmap.model.text import Text


@dataclass(frozen=True)
class GridMetric:
    """A figure of each grid: `measure` takes a case and returns k values."""

    name: str
    label: Text
    measure_unit: str
    measure: Callable[[Case], Any]
    version: int = 1


@dataclass(frozen=True)
class PlanMetric:
    """A figure of the plan: `measure` takes a case and its findings and returns a number."""

    name: str
    label: Text
    measure_unit: str
    measure: Callable[[Case, gpd.GeoDataFrame], float | int]
    version: int = 1


#: The rules that are judged here, in words.
RULES: Final[dict[str, Text]] = {
    "R1": Text("每个网格只在一个村或居民区内", "A grid lies inside exactly one village or residential area"),
    "R2": Text(
        "网格互不重叠，合起来覆盖整个村居、不留空白",
        "Grids do not overlap and together cover the jurisdiction without a gap",
    ),
    "R3": Text(
        "网格连成一片（以边界线相连，仅角点相接不算）",
        "A grid is contiguous: its parts share border line, not a corner",
    ),
    "R4": Text(
        "农村网格由规定数量的完整村民小组组成", "A rural grid is made of the set number of whole villager groups"
    ),
    "R5": Text("网格户数在规定范围内", "The households of a grid lie in the band"),
    "R6": Text(
        "楼栋、村民小组不切开，小区尽量不拆分",
        "Buildings and villager groups are never cut, compounds only where it cannot be avoided",
    ),
    "R7": Text("尽量不跨河流、干道和围墙", "Rivers, trunk roads and walls are not crossed where it can be avoided"),
    "R8": Text("网格形状紧凑", "A grid is compact"),
    "R9": Text("调整时少动住户，锁定的网格不变", "A re-drawing moves few households; locked grids do not change"),
    "R10": Text(
        "网格编号为村居代码加顺序号，停用的不再使用，新旧编号有对照",
        "A code is the jurisdiction's code and a number; retired codes stay retired; old and new codes are on record",
    ),
    "R12": Text(
        "每个场所只属一个网格；专属网格单独成格",
        "Every premises belongs to one grid; a dedicated grid holds nothing else",
    ),
    "exception": Text("例外情形确有必要", "Named exceptions are needed"),
}

CHECKS: Final[tuple[Check[Case], ...]] = (
    Check("R1.units", Text("网格不跨村居", "One jurisdiction"), "hard", "", territory.one_jurisdiction),
    Check("R1.area", Text("网格不越界", "Inside the boundary"), "hard", "m²", territory.inside_boundary),
    Check("R1.drawn", Text("图形不越界", "Drawn inside"), "hard", "m²", drawn.polygons_inside, ("drawn",)),
    Check("R2.overlap", Text("网格不重叠", "No overlap"), "hard", "m²", territory.no_overlap),
    Check("R2.gap", Text("全覆盖、无空隙", "No gap"), "hard", "m²", territory.no_gap),
    Check("R2.unassigned", Text("单元全部编入网格", "Every unit in a grid"), "hard", "户", territory.all_assigned),
    Check("R2.drawn_overlap", Text("图形不重叠", "Drawn apart"), "hard", "m²", drawn.polygons_apart, ("drawn",)),
    Check("R2.drawn_gap", Text("图形无空隙", "Drawn without gap"), "hard", "m²", drawn.polygons_cover, ("drawn",)),
    Check(
        "R2.drawn_empty", Text("图形内有单元", "Drawn around units"), "hard", "", drawn.polygons_hold_units, ("drawn",)
    ),
    Check("R3.parts", Text("网格连成一片", "In one piece"), "hard", "", territory.in_one_piece),
    Check("R3.bridged", Text("隔空隙相连", "Joined across gaps"), "info", "", territory.joined_by_bridges),
    Check("R4.units", Text("村民小组数", "Whole units in a grid"), "hard", "", size.units_in_band),
    Check("R5.band", Text("户数范围", "Households in the band"), "hard", "户", size.households_in_band),
    Check("R5.quality", Text("户数均衡", "Households near the ideal"), "info", "%", size.households_of_quality),
    Check("R6.cut", Text("楼栋、村民小组不切开", "Units whole"), "hard", "%", drawn.units_whole, ("drawn",)),
    Check("R6.compound", Text("小区不拆分", "Compounds whole"), "soft", "", whole.compounds_whole),
    Check("R7.barrier", Text("不跨道路河流", "Barriers not crossed"), "soft", "m", border.barriers_respected),
    Check("R8.compact", Text("形状紧凑", "Compact shape"), "soft", "", border.compact),
    Check("R9.locked", Text("锁定网格不变", "Locked grids unchanged"), "hard", "", change.locks_kept, ("previous",)),
    Check("R9.moved", Text("少调整住户", "Few households moved"), "soft", "户", change.few_moved, ("previous",)),
    Check("R10.format", Text("编号格式", "Form of codes"), "hard", "", change.codes_well_formed),
    Check("R10.repeated", Text("编号不重复", "Codes unique"), "hard", "", drawn.codes_unique, ("drawn",)),
    Check("R10.retired", Text("停用编号不再用", "Retired codes"), "hard", "", change.codes_not_reused),
    Check("R10.order", Text("编号次序", "Order of codes"), "info", "", change.codes_in_order),
    Check("R10.lineage", Text("新旧编号对照", "Lineage"), "hard", "", change.lineage_kept, ("previous", "lineage")),
    Check(
        "R12.premises", Text("场所归属", "Premises in one grid"), "hard", "", whole.premises_in_one_grid, ("premises",)
    ),
    Check("R12.dedicated", Text("专属网格", "Dedicated grids"), "hard", "", whole.dedicated_alone),
    Check("exception.unused", Text("多余的例外", "Needless exceptions"), "info", "", unused.needless_exceptions),
)

GRID_METRICS: Final = (
    GridMetric("households", Text("户数", "Households"), "户", metrics.households),
    GridMetric("n_units", Text("单元数", "Units"), "", lambda c: c.plan.n_units_of_grid),
    GridMetric("buildings", Text("楼栋数", "Buildings"), "栋", metrics.buildings),
    GridMetric("premises", Text("场所数", "Premises"), "", metrics.premises),
    GridMetric("deviation", Text("与目标偏差", "Deviation from the target"), "1", lambda c: c.deviation),
    GridMetric(
        "deviation_from_ideal", Text("与均值偏差", "Deviation from the ideal"), "1", lambda c: c.deviation_from_ideal
    ),
    GridMetric("in_band", Text("在规定范围内", "In the band"), "", metrics.in_band),
    GridMetric("within_10", Text("偏差 ±10% 以内", "Within ±10 %"), "", lambda c: metrics.within(c, 0.10)),
    GridMetric("within_20", Text("偏差 ±20% 以内", "Within ±20 %"), "", lambda c: metrics.within(c, 0.20)),
    GridMetric("area_m2", Text("面积", "Area"), "m²", lambda c: c.area_m2),
    GridMetric("perimeter_m", Text("周长", "Perimeter"), "m", lambda c: c.perimeter_m),
    GridMetric("polsby_popper", Text("紧凑度", "Polsby–Popper"), "1", lambda c: c.polsby_popper),
    GridMetric("barrier_crossed_m", Text("跨越屏障", "Barriers crossed"), "m", lambda c: c.barrier_crossed_m),
    GridMetric("compounds_split", Text("拆分小区", "Compounds split"), "", metrics.compounds_split_of_grid),
    GridMetric("parts", Text("块数", "Parts"), "", lambda c: c.n_parts),
    GridMetric("households_moved", Text("调入户数", "Households moved in"), "户", metrics.households_moved_of_grid),
)

PLAN_METRICS: Final = (
    PlanMetric("n_grids", Text("网格数", "Grids"), "", lambda c, _: c.plan.n_grids),
    PlanMetric(
        "n_jurisdictions",
        Text("村居数", "Jurisdictions"),
        "",
        lambda c, _: int(c.plan.units.frame["jurisdiction"].nunique()),
    ),
    PlanMetric("n_units", Text("单元数", "Units"), "", lambda c, _: len(c.plan.units)),
    PlanMetric(
        "n_unassigned", Text("未编入单元数", "Units without a grid"), "", lambda c, _: int((c.plan.grid_of < 0).sum())
    ),
    PlanMetric("households", Text("户数", "Households"), "户", metrics.all_households),
    PlanMetric(
        "share_in_band", Text("在规定范围内的网格比例", "Share in the band"), "1", lambda c, _: metrics.share_in_band(c)
    ),
    PlanMetric(
        "share_within_10",
        Text("与目标偏差 ±10% 以内比例", "Share within ±10 % of the target"),
        "1",
        lambda c, _: metrics.share_within(c, c.deviation, 0.10),
    ),
    PlanMetric(
        "share_within_20",
        Text("与目标偏差 ±20% 以内比例", "Share within ±20 % of the target"),
        "1",
        lambda c, _: metrics.share_within(c, c.deviation, 0.20),
    ),
    PlanMetric(
        "share_within_10_of_ideal",
        Text("与均值偏差 ±10% 以内比例", "Share within ±10 % of the ideal"),
        "1",
        lambda c, _: metrics.share_within(c, c.deviation_from_ideal, 0.10),
    ),
    PlanMetric(
        "share_within_20_of_ideal",
        Text("与均值偏差 ±20% 以内比例", "Share within ±20 % of the ideal"),
        "1",
        lambda c, _: metrics.share_within(c, c.deviation_from_ideal, 0.20),
    ),
    PlanMetric("mean_polsby_popper", Text("平均紧凑度", "Mean Polsby–Popper"), "1", metrics.mean_polsby_popper),
    PlanMetric("min_polsby_popper", Text("最低紧凑度", "Least Polsby–Popper"), "1", metrics.min_polsby_popper),
    PlanMetric("cut_length_m", Text("网格间边界总长", "Border between grids"), "m", lambda c, _: metrics.cut_length(c)),
    PlanMetric(
        "barrier_crossed_m", Text("跨越屏障", "Barriers crossed"), "m", lambda c, _: float(c.barrier_crossed_m.sum())
    ),
    PlanMetric(
        "compounds_split",
        Text("拆分小区数", "Compounds split"),
        "",
        lambda c, _: compounds_split(c.compound_of_unit, c.plan.grid_of),
    ),
    PlanMetric(
        "households_moved", Text("调整户数", "Households moved"), "户", lambda c, _: metrics.households_moved(c)
    ),
    PlanMetric("n_exceptions", Text("例外情形数", "Named exceptions"), "", lambda c, _: len(c.plan.exceptions)),
    PlanMetric("n_broken", Text("违反硬性规则数", "Hard rules broken"), "", lambda _, f: metrics.n_broken(f)),
    PlanMetric("n_excepted", Text("例外覆盖数", "Hard findings excepted"), "", lambda _, f: metrics.n_excepted(f)),
)

#: All figures, of grids and of plans.
METRICS: Final = (*GRID_METRICS, *PLAN_METRICS)


def catalogue_version() -> str:
    """The first 12 hex digits of a SHA-256 over the names, severities, units and versions of the catalogue."""
    lines = [f"grid {m.name}\t{m.measure_unit}\t{m.version}" for m in GRID_METRICS]
    lines += [f"plan {m.name}\t{m.measure_unit}\t{m.version}" for m in PLAN_METRICS]
    return version_of(CHECKS, lines)
