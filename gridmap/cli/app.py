"""Commands and their options; the work is done in ``work.py``, which loads what it needs."""

from __future__ import annotations

import signal
import sys
import traceback
from itertools import pairwise
from typing import Annotated, Any, NoReturn

import typer
import typer.main

from gridmap.cli import options as o
from gridmap.cli.db import db_app
from gridmap.cli.groups import Day, Plan, Version
from gridmap.cli.groups_issue_figures import issues_app
from gridmap.cli.groups_life import lists_app, party_app, people_app, points_app, services_app
from gridmap.cli.groups_patrols import patrols_app
from gridmap.cli.store import store_app
from gridmap.errors import Conflict, GridmapError, MissingProgram, OutputError, StoreError

#: Exit codes, documented in docs/reference/cli.md.
BROKEN, USAGE, OUTPUT, MISSING, STORE, CONFLICT, FAULT, INTERRUPTED = 1, 2, 3, 4, 5, 6, 70, 130
#: The exit code of each kind of error; any other that gridmap raises on purpose is about the input.
_CODES = {OutputError: OUTPUT, MissingProgram: MISSING, StoreError: STORE, Conflict: CONFLICT}

app = typer.Typer(
    name="gridmap",
    help="Design a town's community grids: plan, check, map. 社区网格的划分、检查与制图。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(db_app)
app.add_typer(store_app)
for group in (points_app, people_app, lists_app, party_app, services_app, issues_app, patrols_app):
    app.add_typer(group)


@app.command()
def plan(
    source: o.Input,
    out: Annotated[str, typer.Option(metavar="PLAN.gpkg", help="The plan. 方案文件。")],
    layer: o.Layer = None,
    jurisdictions: o.Jurisdictions = None,
    jurisdiction_column: o.JurisdictionColumn = None,
    households_column: o.HouseholdsColumn = None,
    id_column: o.IdColumn = None,
    column: o.Column = None,
    kind: o.Kind = "auto",
    rules: o.RulesOption = None,
    barriers: o.Barriers = None,
    premises: o.Premises = None,
    ledger_in: o.Ledger = None,
    bridge_gaps: o.BridgeGaps = 0.0,
    existing: Annotated[
        str | None, typer.Option(metavar="FILE[:LAYER]", help="Plan in use, or its grids as polygons. 现行网格。")
    ] = None,
    lock: Annotated[
        list[str] | None, typer.Option(metavar="CODES", help="Grids that must not change, by commas. 锁定的网格。")
    ] = None,
    crs: o.Crs = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    strict: o.Strict = False,
    seed: o.Seed = 0,
    jobs: o.Jobs = None,
    report: Annotated[str | None, typer.Option(metavar="FILE.json", help="Report. 检查报告。")] = None,
    map_out: Annotated[str | None, typer.Option("--map", metavar="FILE.html", help="Offline map. 离线地图。")] = None,
    ledger: Annotated[str | None, typer.Option(metavar="FILE.xlsx", help="Ledger of grids. 网格台账。")] = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Divide a town into grids. 划分网格。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.outputs import Outputs  # noqa: PLC0415
    from gridmap.cli.reading import Reading  # noqa: PLC0415

    columns = o.columns(column, jurisdiction=jurisdiction_column, households=households_column, unit_id=id_column)
    work.plan(
        Reading(
            source, layer, jurisdictions, barriers, premises, ledger_in, kind, columns, crs, datum, encoding, strict
        ),
        work.Planning(rules, bridge_gaps, existing, o.listed(lock), seed, jobs),
        Outputs(out, report, map_out, ledger, force=force),
        screen.Screen(lang, quiet=quiet),
    )


@app.command("check")
def judge(
    source: o.PlanPath,
    units: Annotated[
        str | None,
        typer.Option(metavar="FILE[:LAYER]", help="Units, when PLAN is a layer of grid polygons. 单元图层。"),
    ] = None,
    code_column: Annotated[
        str, typer.Option(help="Column with the grid's code in PLAN. 网格编号所在列。")
    ] = "grid_code",
    jurisdictions: o.Jurisdictions = None,
    households_column: o.HouseholdsColumn = None,
    id_column: o.IdColumn = None,
    kind: o.Kind = "auto",
    rules: o.RulesOption = None,
    barriers: o.Barriers = None,
    bridge_gaps: o.BridgeGaps = 0.0,
    previous: Annotated[
        str | None, typer.Option(metavar="PLAN", help="The plan that this one replaces. 原方案。")
    ] = None,
    report: Annotated[str | None, typer.Option(metavar="FILE.json", help="Report. 检查报告。")] = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Judge a plan; exit code 1 when a hard rule is broken. 检查方案，有硬性规则未满足时退出码为 1。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.reading import Reading  # noqa: PLC0415

    columns = o.columns(None, households=households_column, unit_id=id_column)
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
    source: o.PlanPath,
    out: Annotated[str, typer.Option(metavar="FILE.html", help="The map. 地图文件。")],
    tiles: o.Tiles = None,
    title: o.Title = None,
    profile: o.ProfileOption = "internal",
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Draw a plan as one HTML file that opens without a network. 生成离线地图。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs

    work.draw_map(source, out, tiles, title, screen.Screen(lang, quiet=quiet), profile=profile, force=force)


@app.command()
def validate(
    source: o.Input,
    layer: o.Layer = None,
    jurisdictions: o.Jurisdictions = None,
    jurisdiction_column: o.JurisdictionColumn = None,
    households_column: o.HouseholdsColumn = None,
    id_column: o.IdColumn = None,
    column: o.Column = None,
    kind: o.Kind = "auto",
    barriers: o.Barriers = None,
    premises: o.Premises = None,
    ledger_in: o.Ledger = None,
    crs: o.Crs = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    strict: o.Strict = False,
    out: Annotated[str | None, typer.Option(metavar="FILE.csv", help="Write every row there. 写出全部记录。")] = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """List every fault of an input; exit code 1 when there is an error. 检查输入数据。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.reading import Reading  # noqa: PLC0415

    columns = o.columns(column, jurisdiction=jurisdiction_column, households=households_column, unit_id=id_column)
    reading = Reading(
        source, layer, jurisdictions, barriers, premises, ledger_in, kind, columns, crs, datum, encoding, strict
    )
    if not work.validate(reading, out, screen.Screen(lang), force=force):
        raise typer.Exit(BROKEN)


@app.command()
def cells(
    source: o.Input,
    out: Annotated[str, typer.Option(metavar="CELLS.gpkg", help="The units. 单元文件。")],
    layer: o.Layer = None,
    jurisdictions: o.Jurisdictions = None,
    jurisdiction_column: o.JurisdictionColumn = None,
    households_column: o.HouseholdsColumn = None,
    id_column: o.IdColumn = None,
    column: o.Column = None,
    kind: o.Kind = "auto",
    rules: o.RulesOption = None,
    barriers: o.Barriers = None,
    premises: o.Premises = None,
    crs: o.Crs = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    strict: o.Strict = False,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Make units out of buildings: cells that tile each jurisdiction. 由楼栋生成单元。"""
    from gridmap.cli import screen, work  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.reading import Reading  # noqa: PLC0415

    columns = o.columns(column, jurisdiction=jurisdiction_column, households=households_column, unit_id=id_column)
    reading = Reading(
        source, layer, jurisdictions, barriers, premises, None, kind, columns, crs, datum, encoding, strict
    )
    work.cells(reading, rules, out, screen.Screen(lang, quiet=quiet), force=force)


@app.command()
def figures(
    plan: Plan = None,
    version: Version = None,
    day: Day = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出。")] = False,
    out: Annotated[str | None, typer.Option(metavar="FILE.json", help="Write them there. 写出指标。")] = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """The figures that a town publishes about its grids, from what is stored. 主要指标。"""
    from gridmap.cli import figures as shown  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli import screen  # noqa: PLC0415
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    shown.show_figures(Asked(plan, version, day), out, screen.Screen(lang), as_json=as_json, force=force)


@app.command()
def demo(
    out: Annotated[str, typer.Option(metavar="FOLDER", help="Where the files go. 输出文件夹。")] = "gridmap-demo",
    seed: o.Seed = 0,
    jobs: o.Jobs = None,
    lang: o.Lang = "zh",
) -> None:
    """Plan, check and draw the synthetic sample town. 演示：示例镇的划分、检查与制图。"""
    from gridmap.cli import demo as sample  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli import screen  # noqa: PLC0415

    sample.demo(out, seed, jobs, screen.Screen(lang))


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
        shown = " ".join(["gridmap", *_command(arguments), "--help"])
        said = error.format_message()
        _say(f"{said} See `{shown}`." if english else f"命令有误：{said} 用法见 {shown}。")
        return USAGE
    except KeyboardInterrupt:  # before or after a command; within one, typer makes it this exit code
        code = INTERRUPTED
    except GridmapError as error:
        _say(str(error) if english else error.zh)
        return next((code for kind, code in _CODES.items() if isinstance(error, kind)), USAGE)
    except RuntimeError as error:  # the job runner's: a fault of ours, or a worker that died for want of memory
        traceback.print_exc()
        _say(f"a fault in gridmap: {error}; please report it." if english else f"程序出错：{error}；请反馈。")
        return FAULT
    if code == INTERRUPTED:
        _say("interrupted; nothing half-written is left." if english else "已中断；没有留下写了一半的文件。")
    return int(code or 0)


def _command(arguments: list[str]) -> list[str]:
    """The words of the command line that name a command: one, or a group and its command."""
    here, words = typer.main.get_command(app), []
    for word in arguments:
        known = getattr(here, "commands", {})
        if word not in known:
            break
        here = known[word]
        words.append(word)
    return words


def _wants_english(arguments: list[str]) -> bool:
    """Whether errors are to be said in English; known before the options are parsed."""
    return "--lang=en" in arguments or ("--lang", "en") in pairwise(arguments)


def _say(message: str) -> None:
    print(f"gridmap: {message}", file=sys.stderr)  # noqa: T201 the one door of errors
