"""What `gridmap lists`, `gridmap party` and `gridmap services` can do beside taking in, checking and handing out."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from gridmap.cli import options as o
from gridmap.cli.groups import (
    Day,
    From,
    Grid,
    Jurisdiction,
    OutTable,
    Plan,
    To,
    Version,
    lists_app,
    party_app,
    people_app,
    points_app,
    services_app,
)

__all__ = ["lists_app", "party_app", "people_app", "points_app", "services_app"]

Which = Annotated[str, Option("--list", metavar="management|service", help="Which of the two. 哪张清单。")]


@lists_app.command("show")
def show_list(
    grid: Annotated[str, Argument(metavar="GRID", help="Code of the grid. 网格编号。")],
    which: Which = "management",
    plan: Plan = None,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """The list of a grid as it holds on a day. 某网格的清单。"""
    from gridmap.cli import life, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    life.show_list(Asked(plan, None, day), grid, which, out, screen.Screen(lang), force=force)


@lists_app.command()
def diff(
    grid: Annotated[str, Argument(metavar="GRID", help="Code of the grid. 网格编号。")],
    which: Which = "management",
    plan: Plan = None,
    day: Day = None,
    lang: o.Lang = "zh",
) -> None:
    """What a grid adjusted against the template, and its versions. 与模板的差异及历次版本。"""
    from gridmap.cli import life, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    life.show_list_diff(Asked(plan, None, day), grid, which, screen.Screen(lang))


@lists_app.command()
def templates(
    old: Annotated[int, Option("--old", min=1, help="Version of the template. 模板旧版。")],
    new: Annotated[int, Option("--new", min=1, help="The version it is compared with. 模板新版。")],
    which: Which = "management",
    plan: Plan = None,
    lang: o.Lang = "zh",
) -> None:
    """What differs between two versions of the template. 模板两版的差异。"""
    from gridmap.cli import life, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    life.show_template_diff(Asked(plan), which, old, new, screen.Screen(lang))


@party_app.command("list")
def party_list(
    plan: Plan = None,
    version: Version = None,
    day: Day = None,
    grid: Grid = None,
    jurisdiction: Jurisdiction = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Branches, reported members and activities of each grid. 各网格党建情况。"""
    from gridmap.cli import life, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    life.show_party(Asked(plan, version, day), grid, jurisdiction, out, screen.Screen(lang), force=force)


@party_app.command()
def calendar(
    first: From = None,
    last: To = None,
    plan: Plan = None,
    grid: Grid = None,
    jurisdiction: Jurisdiction = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Activities and recurring services day by day; a month where no days are given. 活动与服务日历。"""
    from gridmap.cli import life, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    life.show_calendar(Asked(plan), first, last, grid, jurisdiction, out, screen.Screen(lang), force=force)


@party_app.command("theme-days")
def theme_days(
    first: From = None,
    last: To = None,
    plan: Plan = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Which grids had their monthly theme day, month by month; half a year without days. 主题党日覆盖。"""
    from gridmap.cli import life, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    life.show_theme_days(Asked(plan), first, last, out, screen.Screen(lang), force=force)


@party_app.command()
def deliberations(
    first: From = None,
    last: To = None,
    plan: Plan = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Deliberations and the projects that came of them; half a year without days. 议事协商与形成的项目。"""
    from gridmap.cli import life, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    life.show_deliberations(Asked(plan), first, last, out, screen.Screen(lang), force=force)


@services_app.command()
def menu(
    grid: Grid = None,
    plan: Plan = None,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """What is on offer: in a grid, or departments by items in the whole town. 服务菜单。"""
    from gridmap.cli import menu as menu_  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli import screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    menu_.show_menu(Asked(plan, None, day), grid, out, screen.Screen(lang), force=force)


@services_app.command()
def orders(
    first: From = None,
    last: To = None,
    by: Annotated[str, Option(metavar="item|department|grid", help="One row each. 汇总方式。")] = "item",
    plan: Plan = None,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Orders from the menu and their fulfilment. 点单与办结。"""
    from gridmap.cli import life, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    life.show_orders(Asked(plan, None, day), first, last, by, out, screen.Screen(lang), force=force)
