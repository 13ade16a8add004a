"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Input = Annotated[str, typer.Argument(metavar="INPUT", help="Vector file, or FILE:LAYER. 矢量文件。")]
PlanPath = Annotated[str, typer.Argument(metavar="PLAN", help="Plan file made by `gridmap plan`. 方案文件。")]
Layer = Annotated[str | None, typer.Option(help="Layer of units or buildings. 单元或楼栋图层。")]
Jurisdictions = Annotated[
    str | None, typer.Option(metavar="FILE[:LAYER]", help="Villages and residential areas. 村居边界。")
]
JurisdictionColumn = Annotated[str | None, typer.Option(help="Column with the jurisdiction's code. 村居代码所在列。")]
HouseholdsColumn = Annotated[str | None, typer.Option(help="Column with households. 户数所在列。")]
IdColumn = Annotated[str | None, typer.Option(help="Column with the unit's id. 单元编号所在列。")]
Column = Annotated[
    list[str] | None, typer.Option(metavar="OURS=THEIRS", help="Any other column; repeat it. 其他列的对应，可重复。")
]
Kind = Annotated[str, typer.Option(metavar="rural|residential|auto", help="Kind of area. 村或居民区。")]
RulesOption = Annotated[
    str | None, typer.Option("--rules", metavar="PRESET|FILE", help="Rules to plan and judge by. 规则。")
]
Barriers = Annotated[str | None, typer.Option(metavar="FILE[:LAYER]", help="Rivers, roads, walls. 河流、道路、围墙。")]
Premises = Annotated[
    str | None, typer.Option(metavar="FILE[:LAYER]", help="Enterprises, shops, malls. 企业、商铺、商场。")
]
Ledger = Annotated[
    str | None, typer.Option("--households", metavar="FILE", help="CSV or Excel with the households. 户数台账。")
]
BridgeGaps = Annotated[
    float, typer.Option(metavar="METRES", min=0.0, help="Units across a gap this wide are neighbours. 跨街相邻的距离。")
]
Crs = Annotated[str | None, typer.Option(help="CRS of INPUT where it says none, e.g. EPSG:4490. 坐标系。")]
Datum = Annotated[str | None, typer.Option(metavar="gcj02|bd09", help="Shift to undo in INPUT. 需要还原的加密坐标。")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of shapefiles and CSV. 文字编码。")]
Strict = Annotated[bool, typer.Option("--strict", help="Fail on any fault instead of mending it. 有错即停，不作修复。")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same plan. 随机种子。")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Worker processes; the plan is the same. 进程数。")]
Lang = Annotated[str, typer.Option(metavar="zh|en", help="Language of what is written. 语言。")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors. 只显示错误。")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist. 覆盖已有文件。")]
Tiles = Annotated[
    str | None, typer.Option(metavar="tianditu|amap|osm", help="Background tiles; needs a network. 底图，需联网。")
]
Title = Annotated[str | None, typer.Option(help="Title of the map. 标题。")]
ProfileOption = Annotated[
    str, typer.Option(metavar="internal|leader|public", help="For whom the map is. 用途：内部、领导、公开。")
]


def columns(given: list[str] | None, **named: str | None) -> dict[str, str]:
    """The columns that the user named, ours → theirs.

    Raises
    ------
    BadParameter
        If one does not read OURS=THEIRS.
    """
    found = {name: value for name, value in named.items() if value}
    return found | pairs(given, "--column", "OURS=THEIRS, such as compound=小区名")


def pairs(given: list[str] | None, option: str, form: str) -> dict[str, str]:
    """The two sides of every ``A=B`` of an option that may be repeated.

    Raises
    ------
    BadParameter
        If one has no ``=``, or nothing before or behind it.
    """
    found = {}
    for pair in given or []:
        left, equals, right = pair.partition("=")
        if not equals or not left or not right:
            raise typer.BadParameter(f"{option} needs {form}; got {pair!r}")
        found[left] = right
    return found


def listed(given: list[str] | None) -> tuple[str, ...]:
    """What is separated by commas, Chinese ones too, in an option that may be repeated."""
    return tuple(c.strip() for entry in given or [] for c in entry.replace("，", ",").split(",") if c.strip())
