"""`gridmap patrols`: who walked where, and which streets nobody walked."""

from __future__ import annotations

from typing import Annotated

import typer

from gridmap.cli import options as o
from gridmap.cli.groups import Day, From, Grid, Jurisdiction, OutTable, Plan, To, Version

patrols_app = typer.Typer(
    name="patrols",
    help="Patrols: routes, coverage of each grid, streets that were not walked. 巡查轨迹与街路覆盖。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Month = Annotated[
    str | None, typer.Option(metavar="YYYY-MM", help="A month; without it and days, that of the day. 月份。")
]
Within = Annotated[
    float, typer.Option(metavar="METRES", min=1.0, help="A street this near to a way was walked. 视为走过的距离。")
]


@patrols_app.command("import")
def import_(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="GPX, layer of lines or points, table of positions. 轨迹文件。")
    ],
    plan: Plan = None,
    sheet: Annotated[str | None, typer.Option(help="Only this sheet. 只读这张工作表。")] = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Leave out what has errors. 跳过有错误的内容。")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be stored; store nothing. 只预览，不存入。")
    ] = False,
    message: Annotated[str, typer.Option(metavar="TEXT", help="Why. 说明。")] = "",
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Take in tracks, without names; again is harmless. 导入巡查轨迹（不含姓名），重复导入无妨。"""
    from gridmap.cli import patrols, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    how = patrols.Taking(sheet, datum, encoding, message, leave_out, dry_run)
    patrols.take_in(source, Asked(plan), how, screen.Screen(lang, quiet=quiet))


@patrols_app.command("list")
def list_patrols(
    plan: Plan = None,
    version: Version = None,
    month: Month = None,
    first: From = None,
    last: To = None,
    grid: Grid = None,
    jurisdiction: Jurisdiction = None,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """List patrols, the newest first; internal. 列出巡查，仅限内部使用。"""
    from gridmap.cli import patrols, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    when = patrols.When(month, first, last)
    shown = screen.Screen(lang)
    patrols.show_list(Asked(plan, version, day), when, grid, jurisdiction, out, shown, force=force)


@patrols_app.command("coverage")
def coverage(
    plan: Plan = None,
    version: Version = None,
    month: Month = None,
    first: From = None,
    last: To = None,
    grid: Grid = None,
    jurisdiction: Jurisdiction = None,
    within: Within = 20.0,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Which share of its streets was walked in each grid, how often, and when last. 各网格街路巡查覆盖率。"""
    from gridmap.cli import patrols, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    when = patrols.When(month, first, last, within)
    shown = screen.Screen(lang)
    patrols.show_coverage(Asked(plan, version, day), when, grid, jurisdiction, out, shown, force=force)


@patrols_app.command("missed")
def missed(
    plan: Plan = None,
    version: Version = None,
    month: Month = None,
    first: From = None,
    last: To = None,
    grid: Grid = None,
    jurisdiction: Jurisdiction = None,
    within: Within = 20.0,
    day: Day = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE.csv|.xlsx|.gpkg", help="Write every street. 写出全部街路。")
    ] = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Streets that were not walked in the period, by grid. 期间未走到的街路。"""
    from gridmap.cli import patrols, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    when = patrols.When(month, first, last, within)
    shown = screen.Screen(lang)
    patrols.show_missed(Asked(plan, version, day), when, grid, jurisdiction, out, shown, force=force)
