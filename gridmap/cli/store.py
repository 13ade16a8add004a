"""`gridmap store`: plans in the database; the work is done in ``stored.py``, which loads what it needs."""

from __future__ import annotations

from typing import Annotated

import typer

from gridmap.cli import options as o

store_app = typer.Typer(
    name="store",
    help="Plans in the database: versions, branches, history. 数据库中的方案：版本、分支、历史。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Plan = Annotated[str, typer.Argument(metavar="PLAN", help="Name, TOWN/NAME or #NUMBER. 方案名称。")]
Version = Annotated[int | None, typer.Option(min=1, help="A version; the newest without it. 版本号。")]
Base = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="The version that you looked at; the newest without it. 基准版本。"),
]
Message = Annotated[str, typer.Option(metavar="TEXT", help="Why, in the history. 说明。")]


@store_app.command("import")
def import_(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="Plan file, or an exported file. 方案文件或导出后修改的文件。")
    ],
    name: Annotated[str | None, typer.Option(help="Store as a new plan of this name. 新方案名称。")] = None,
    town: Annotated[str | None, typer.Option(help="Name of the town, in place of the file's. 镇名。")] = None,
    into: Annotated[str | None, typer.Option(metavar="PLAN", help="Save onto this plan. 存入此方案。")] = None,
    base: Base = None,
    message: Message = "",
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Store a plan file as a new plan, or an edited export as moves on its plan. 导入方案，或导入修改后的导出文件。"""
    from gridmap.cli import exchange, screen  # noqa: PLC0415 loaded when a command runs

    exchange.take_in(source, name, town, into, base, message, screen.Screen(lang, quiet=quiet))


@store_app.command()
def export(
    plan: Plan,
    out: Annotated[str, typer.Option(metavar="FILE", help=".gpkg .shp .geojson .parquet .csv: the format. 输出文件。")],
    version: Version = None,
    layer: Annotated[
        str, typer.Option(metavar="units|grids|jurisdictions", help="What a file of one layer holds. 图层。")
    ] = "units",
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Write a version of a plan to a file that can be edited and brought back. 导出方案。"""
    from gridmap.cli import exchange, screen  # noqa: PLC0415 loaded when a command runs

    exchange.hand_out(plan, version, out, layer, screen.Screen(lang, quiet=quiet), force=force)


@store_app.command("list")
def list_(lang: o.Lang = "zh") -> None:
    """List the plans. 列出方案。"""
    from gridmap.cli import screen, shown  # noqa: PLC0415 loaded when a command runs

    shown.show_plans(screen.Screen(lang))


@store_app.command()
def history(plan: Plan, lang: o.Lang = "zh") -> None:
    """List the versions of a plan: who, when, what. 版本历史。"""
    from gridmap.cli import screen, shown  # noqa: PLC0415 loaded when a command runs

    shown.show_history(plan, screen.Screen(lang))


@store_app.command()
def diff(
    plan: Plan,
    before: Annotated[int, typer.Option("--from", min=1, metavar="N", help="Version to begin with. 起始版本。")],
    after: Annotated[
        int | None, typer.Option("--to", min=1, metavar="N", help="Version to end with. 终止版本。")
    ] = None,
    other: Annotated[
        str | None, typer.Option("--with", metavar="PLAN", help="The plan of the later version. 与另一方案比较。")
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="FILE.gpkg", help="Write units, grids and lineage there. 写出比较结果。")
    ] = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Compare two versions: units, households, grids, codes. 比较两个版本。"""
    from gridmap.cli import screen, shown  # noqa: PLC0415 loaded when a command runs

    shown.show_diff(plan, before, after, other, out, screen.Screen(lang, quiet=quiet), force=force)


@store_app.command()
def move(
    plan: Plan,
    units: Annotated[str, typer.Argument(metavar="UNITS", help="Ids, separated by commas. 单元编号，用逗号隔开。")],
    to: Annotated[
        str, typer.Option(metavar="CODE|new|none", help="The grid; new founds one, none takes out. 目标网格。")
    ],
    base: Base = None,
    message: Message = "",
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Move units to another grid. 调整单元所属网格。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.move_units(plan, o.listed([units]), to, base, message, screen.Screen(lang, quiet=quiet))


@store_app.command()
def lock(
    plan: Plan,
    codes: Annotated[str, typer.Argument(metavar="CODES", help="Grids, separated by commas. 网格编号。")],
    unlock: Annotated[bool, typer.Option("--unlock", help="Unlock them. 解锁。")] = False,
    base: Base = None,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Lock grids, so that no move changes them. 锁定网格。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.lock_grids(plan, o.listed([codes]), base, screen.Screen(lang, quiet=quiet), unlock=unlock)


@store_app.command()
def undo(plan: Plan, base: Base = None, lang: o.Lang = "zh", quiet: o.Quiet = False) -> None:
    """Take the last change back; again and again. 撤销。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.step("undo", plan, base, None, screen.Screen(lang, quiet=quiet))


@store_app.command()
def redo(plan: Plan, base: Base = None, lang: o.Lang = "zh", quiet: o.Quiet = False) -> None:
    """Bring back what was undone last. 重做。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.step("redo", plan, base, None, screen.Screen(lang, quiet=quiet))


@store_app.command()
def restore(
    plan: Plan,
    version: Annotated[int, typer.Option(min=1, help="The version to come back to. 要恢复的版本。")],
    base: Base = None,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Make the plan what it was at a version; itself a version that can be undone. 恢复到某一版本。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.step("restore", plan, base, version, screen.Screen(lang, quiet=quiet))


@store_app.command()
def branch(
    plan: Plan,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the branch. 分支名称。")],
    version: Version = None,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Begin a draft of its own with a version of a plan. 建立分支。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.make_branch(plan, name, version, screen.Screen(lang, quiet=quiet))


@store_app.command()
def merge(
    branch_: Annotated[str, typer.Argument(metavar="BRANCH", help="The branch. 分支。")],
    into: Annotated[str, typer.Option(metavar="PLAN", help="The plan that it came from. 并入的方案。")],
    choose: Annotated[
        list[str] | None,
        typer.Option(
            metavar="UNIT=CODE|none", help="For a unit that both changed; repeat it. 双方都改动的单元取何网格。"
        ),
    ] = None,
    base: Base = None,
    message: Message = "",
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Bring what a branch changed into its plan, unit by unit. 合并分支。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    choices = o.pairs(choose, "--choose", "UNIT=CODE")
    stored.merge(branch_, into, base, choices, message, screen.Screen(lang, quiet=quiet))


@store_app.command()
def check(
    plan: Plan, version: Version = None, rules: o.RulesOption = None, lang: o.Lang = "zh", quiet: o.Quiet = False
) -> None:
    """Judge a version and store the report; exit code 1 when a hard rule is broken. 检查方案并保存报告。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    if not stored.judge(plan, version, rules, screen.Screen(lang, quiet=quiet)):
        raise typer.Exit(1)


@store_app.command()
def approve(
    plan: Plan,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Number of the decree, or why. 批文号或说明。")] = "",
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Approve a checked plan; it does not change any more. 批准方案。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.change_state("approve", plan, None, note, screen.Screen(lang, quiet=quiet))


@store_app.command()
def reopen(
    plan: Plan,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why. 说明。")] = "",
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Take a checked or approved plan back to draft. 退回草案。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.change_state("reopen", plan, None, note, screen.Screen(lang, quiet=quiet))


@store_app.command()
def enforce(
    plan: Plan,
    since: Annotated[str, typer.Option("--from", metavar="DATE", help="First day, as 2026-12-01. 生效日期。")],
    note: Annotated[str, typer.Option(metavar="TEXT", help="Number of the decree, or why. 批文号或说明。")] = "",
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Bring an approved plan into force from a day on; the one before it ends. 方案自某日起生效。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.change_state("enforce", plan, since, note, screen.Screen(lang, quiet=quiet))


@store_app.command()
def retire(
    plan: Plan,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="First day no more; today. 停用日期。")] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why. 说明。")] = "",
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """End a plan in force, or put a draft aside for good. 停用方案。"""
    from gridmap.cli import screen, stored  # noqa: PLC0415 loaded when a command runs

    stored.change_state("retire", plan, until, note, screen.Screen(lang, quiet=quiet))


@store_app.command()
def where(
    x: Annotated[float, typer.Argument(metavar="LON", help="Longitude, or easting. 经度。")],
    y: Annotated[float, typer.Argument(metavar="LAT", help="Latitude, or northing. 纬度。")],
    on: Annotated[str | None, typer.Option(metavar="DATE", help="The day; today without it. 日期。")] = None,
    crs: Annotated[str, typer.Option(help="CRS of the point. 坐标系。")] = "EPSG:4326",
    datum: o.Datum = None,
    lang: o.Lang = "zh",
) -> None:
    """Tell which grid held a point on a day. 某日某点属于哪个网格。"""
    from gridmap.cli import screen, shown  # noqa: PLC0415 loaded when a command runs

    shown.show_where(x, y, on, crs, datum, screen.Screen(lang))


@store_app.command("map")
def draw_map(
    plan: Plan,
    out: Annotated[str, typer.Option(metavar="FILE.html", help="The map. 地图文件。")],
    version: Version = None,
    tiles: o.Tiles = None,
    title: o.Title = None,
    profile: o.ProfileOption = "internal",
    day: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="The day that records are shown of. 台账日期。")
    ] = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Draw a version of a plan as one HTML file that opens without a network. 生成离线地图。"""
    from gridmap.cli import exchange, screen  # noqa: PLC0415 loaded when a command runs

    exchange.draw_map(
        plan, version, out, tiles, title, screen.Screen(lang, quiet=quiet), profile=profile, day=day, force=force
    )


@store_app.command()
def qgis(
    out: Annotated[str, typer.Option(metavar="FILE.qgs", help="The project. 工程文件。")],
    plan: Annotated[
        str | None, typer.Argument(metavar="[PLAN]", help="A plan; those in force without it. 方案。")
    ] = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Write a QGIS project that shows plans from the database. 生成 QGIS 工程。"""
    from gridmap.cli import exchange, screen  # noqa: PLC0415 loaded when a command runs

    exchange.write_project(plan, out, screen.Screen(lang, quiet=quiet), force=force)


@store_app.command()
def migrate(
    plan: Plan,
    source: o.Input,
    name: Annotated[str, typer.Option(help="Name of the new plan. 新方案名称。")],
    version: Version = None,
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
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Make a plan of a new survey out of a plan, by overlap. 把方案迁移到新的单元数据。"""
    from gridmap.cli import exchange, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.reading import Reading  # noqa: PLC0415

    columns = o.columns(column, jurisdiction=jurisdiction_column, households=households_column, unit_id=id_column)
    reading = Reading(
        source, layer, jurisdictions, barriers, premises, ledger_in, kind, columns, crs, datum, encoding, strict
    )
    exchange.migrate(plan, version, reading, name, screen.Screen(lang, quiet=quiet))
