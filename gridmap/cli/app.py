"""Commands and their options; the work is done in ``work.py``, which loads what it needs."""

from __future__ import annotations

import signal
import sys
import traceback
from itertools import pairwise
from typing import Annotated, Any, NoReturn

import typer

from gridmap.errors import GridmapError, MissingProgram, OutputError

#: Exit codes, documented in docs/reference/cli.md.
BROKEN, USAGE, OUTPUT, MISSING, FAULT, INTERRUPTED = 1, 2, 3, 4, 70, 130

app = typer.Typer(
    name="gridmap",
    help="Design a town's community grids: plan, check, map. 社区网格的划分、检查与制图。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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
Ledger = Annotated[str | None, typer.Option(metavar="FILE", help="CSV or Excel with the households. 户数台账。")]
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


def _columns(pairs: list[str] | None, **named: str | None) -> dict[str, str]:
    columns = {name: value for name, value in named.items() if value}
    for pair in pairs or []:
        ours, equals, theirs = pair.partition("=")
        if not equals or not ours or not theirs:
            raise typer.BadParameter(f"--column needs OURS=THEIRS, such as compound=小区名; got {pair!r}")
        columns[ours] = theirs
    return columns


@app.command()
def plan(
    source: Input,
    out: Annotated[str, typer.Option(metavar="PLAN.gpkg", help="The plan. 方案文件。")],
    layer: Layer = None,
    jurisdictions: Jurisdictions = None,
    jurisdiction_column: JurisdictionColumn = None,
    households_column: HouseholdsColumn = None,
    id_column: IdColumn = None,
    column: Column = None,
    kind: Kind = "auto",
    rules: RulesOption = None,
    barriers: Barriers = None,
    premises: Premises = None,
    ledger_in: Annotated[
        str | None, typer.Option("--households", metavar="FILE", help="CSV or Excel with the households. 户数台账。")
    ] = None,
    bridge_gaps: BridgeGaps = 0.0,
    existing: Annotated[
        str | None, typer.Option(metavar="FILE[:LAYER]", help="Plan in use, or its grids as polygons. 现行网格。")
    ] = None,
    lock: Annotated[
        list[str] | None, typer.Option(metavar="CODES", help="Grids that must not change, by commas. 锁定的网格。")
    ] = None,
    crs: Crs = None,
    datum: Datum = None,
    encoding: Encoding = None,
    strict: Strict = False,
    seed: Seed = 0,
    jobs: Jobs = None,
    report: Annotated[str | None, typer.Option(metavar="FILE.json", help="Report. 检查报告。")] = None,
    map_out: Annotated[str | None, typer.Option("--map", metavar="FILE.html", help="Offline map. 离线地图。")] = None,
    ledger: Annotated[str | None, typer.Option(metavar="FILE.xlsx", help="Ledger of grids. 网格台账。")] = None,
    force: Force = False,
    lang: Lang = "zh",
    quiet: Quiet = False,
) -> None:
    """Divide a town into grids. 划分网格。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.outputs import Outputs  # noqa: PLC0415
    from gridmap.cli.reading import Reading  # noqa: PLC0415

    columns = _columns(column, jurisdiction=jurisdiction_column, households=households_column, unit_id=id_column)
    work.plan(
        Reading(
            source, layer, jurisdictions, barriers, premises, ledger_in, kind, columns, crs, datum, encoding, strict
        ),
        work.Planning(rules, bridge_gaps, existing, _codes(lock), seed, jobs),
        Outputs(out, report, map_out, ledger, force=force),
        screen.Screen(lang, quiet=quiet),
    )


def _codes(given: list[str] | None) -> tuple[str, ...]:
    return tuple(c.strip() for entry in given or [] for c in entry.replace("，", ",").split(",") if c.strip())


@app.command("check")
def judge(
    source: PlanPath,
    units: Annotated[
        str | None,
        typer.Option(metavar="FILE[:LAYER]", help="Units, when PLAN is a layer of grid polygons. 单元图层。"),
    ] = None,
    code_column: Annotated[
        str, typer.Option(help="Column with the grid's code in PLAN. 网格编号所在列。")
    ] = "grid_code",
    jurisdictions: Jurisdictions = None,
    households_column: HouseholdsColumn = None,
    id_column: IdColumn = None,
    kind: Kind = "auto",
    rules: RulesOption = None,
    barriers: Barriers = None,
    bridge_gaps: BridgeGaps = 0.0,
    previous: Annotated[
        str | None, typer.Option(metavar="PLAN", help="The plan that this one replaces. 原方案。")
    ] = None,
    report: Annotated[str | None, typer.Option(metavar="FILE.json", help="Report. 检查报告。")] = None,
    force: Force = False,
    lang: Lang = "zh",
    quiet: Quiet = False,
) -> None:
    """Judge a plan; exit code 1 when a hard rule is broken. 检查方案，有硬性规则未满足时退出码为 1。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.reading import Reading  # noqa: PLC0415

    columns = _columns(None, households=households_column, unit_id=id_column)
    reading = (
        None
        if units is None
        else Reading(units, jurisdictions=jurisdictions, barriers=barriers, kind=kind, columns=columns)
    )
    shown = screen.Screen(lang, quiet=quiet)
    if not work.judge(source, reading, code_column, rules, bridge_gaps, previous, report, shown, force=force):
        raise typer.Exit(BROKEN)


@app.command("map")
def draw_map(
    source: PlanPath,
    out: Annotated[str, typer.Option(metavar="FILE.html", help="The map. 地图文件。")],
    tiles: Annotated[
        str | None, typer.Option(metavar="tianditu|amap|osm", help="Background tiles; needs a network. 底图，需联网。")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the map. 标题。")] = None,
    public: Annotated[bool, typer.Option("--public", help="No stamp, small counts hidden. 公开版。")] = False,
    force: Force = False,
    lang: Lang = "zh",
    quiet: Quiet = False,
) -> None:
    """Draw a plan as one HTML file that opens without a network. 生成离线地图。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs

    work.draw_map(source, out, tiles, title, screen.Screen(lang, quiet=quiet), internal=not public, force=force)


@app.command()
def validate(
    source: Input,
    layer: Layer = None,
    jurisdictions: Jurisdictions = None,
    jurisdiction_column: JurisdictionColumn = None,
    households_column: HouseholdsColumn = None,
    id_column: IdColumn = None,
    column: Column = None,
    kind: Kind = "auto",
    barriers: Barriers = None,
    premises: Premises = None,
    ledger_in: Annotated[
        str | None, typer.Option("--households", metavar="FILE", help="CSV or Excel with the households. 户数台账。")
    ] = None,
    crs: Crs = None,
    datum: Datum = None,
    encoding: Encoding = None,
    strict: Strict = False,
    out: Annotated[str | None, typer.Option(metavar="FILE.csv", help="Write every row there. 写出全部记录。")] = None,
    force: Force = False,
    lang: Lang = "zh",
) -> None:
    """List every fault of an input; exit code 1 when there is an error. 检查输入数据。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.reading import Reading  # noqa: PLC0415

    columns = _columns(column, jurisdiction=jurisdiction_column, households=households_column, unit_id=id_column)
    reading = Reading(
        source, layer, jurisdictions, barriers, premises, ledger_in, kind, columns, crs, datum, encoding, strict
    )
    if not work.validate(reading, out, screen.Screen(lang), force=force):
        raise typer.Exit(BROKEN)


@app.command()
def cells(
    source: Input,
    out: Annotated[str, typer.Option(metavar="CELLS.gpkg", help="The units. 单元文件。")],
    layer: Layer = None,
    jurisdictions: Jurisdictions = None,
    jurisdiction_column: JurisdictionColumn = None,
    households_column: HouseholdsColumn = None,
    id_column: IdColumn = None,
    column: Column = None,
    kind: Kind = "auto",
    rules: RulesOption = None,
    barriers: Barriers = None,
    premises: Premises = None,
    crs: Crs = None,
    datum: Datum = None,
    encoding: Encoding = None,
    strict: Strict = False,
    force: Force = False,
    lang: Lang = "zh",
    quiet: Quiet = False,
) -> None:
    """Make units out of buildings: cells that tile each jurisdiction. 由楼栋生成单元。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.reading import Reading  # noqa: PLC0415

    columns = _columns(column, jurisdiction=jurisdiction_column, households=households_column, unit_id=id_column)
    reading = Reading(
        source, layer, jurisdictions, barriers, premises, None, kind, columns, crs, datum, encoding, strict
    )
    work.cells(reading, rules, out, screen.Screen(lang, quiet=quiet), force=force)


@app.command()
def demo(
    out: Annotated[str, typer.Option(metavar="FOLDER", help="Where the files go. 输出文件夹。")] = "gridmap-demo",
    seed: Seed = 0,
    jobs: Jobs = None,
    lang: Lang = "zh",
) -> None:
    """Plan, check and draw the synthetic sample town. 演示：示例镇的划分、检查与制图。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs

    work.demo(out, seed, jobs, screen.Screen(lang))


@app.command()
def warm() -> None:
    """Compile the search once, so that nobody waits for it later. 预编译。"""
    from gridmap.partition.warm import compile_all  # noqa: PLC0415 loads numba

    compile_all()


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a character shows "?" and loses nothing else
            stream.reconfigure(errors="replace")
    # SIGTERM ends like Ctrl-C, so that temporary files are taken away.
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    english = _wants_english(arguments)
    try:
        code: Any = app(arguments or ["--help"], standalone_mode=False)
    except typer.TyperException as error:
        named = {c.name or getattr(c.callback, "__name__", "") for c in app.registered_commands}
        shown = " ".join(["gridmap", *(a for a in arguments[:1] if a in named), "--help"])
        said = error.format_message()
        _say(f"{said} See `{shown}`." if english else f"命令有误：{said} 用法见 {shown}。")
        return USAGE
    except KeyboardInterrupt:  # before or after a command; within one, typer makes it this exit code
        code = INTERRUPTED
    except GridmapError as error:
        _say(str(error) if english else error.zh)
        return OUTPUT if isinstance(error, OutputError) else MISSING if isinstance(error, MissingProgram) else USAGE
    except RuntimeError as error:  # the job runner's: a fault of ours, or a worker that died for want of memory
        traceback.print_exc()
        _say(f"a fault in gridmap: {error}; please report it." if english else f"程序出错：{error}；请反馈。")
        return FAULT
    if code == INTERRUPTED:
        _say("interrupted; nothing half-written is left." if english else "已中断；没有留下写了一半的文件。")
    return int(code or 0)


def _wants_english(arguments: list[str]) -> bool:
    """Whether errors are to be said in English; known before the options are parsed."""
    return "--lang=en" in arguments or ("--lang", "en") in pairwise(arguments)


def _say(message: str) -> None:
    print(f"gridmap: {message}", file=sys.stderr)  # noqa: T201 the one door of errors
