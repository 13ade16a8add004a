"""What `gridmap issues` tells of many issues: indicators, rates, hot spots, heat, replay."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from gridmap.cli import options as o
from gridmap.cli.groups import Day, From, OutTable, Plan, To, Version
from gridmap.cli.groups_issues import Categories, Tiers, issues_app

__all__ = ["issues_app"]


@issues_app.command()
def stats(
    by: Annotated[
        str, Option("--by", metavar="town|grid|jurisdiction|month|category|tier", help="One row each. 汇总方式。")
    ] = "town",
    plan: Plan = None,
    version: Version = None,
    first: From = None,
    last: To = None,
    category: Categories = None,
    tier: Tiers = None,
    recut: Annotated[
        bool, Option("--recut", help="By the grids of PLAN now, not by the owner then. 按现方案网格重算。")
    ] = False,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Tier shares, times, overdue, reopened, issues per 100 households. 处置指标。"""
    from gridmap.cli import issue_stats, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.issue_kept import Which  # noqa: PLC0415
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    which = Which(first, last, o.listed(category), o.listed(tier))
    asked = Asked(plan, version, day)
    issue_stats.show_stats(asked, which, by, out, screen.Screen(lang), is_recut=recut, force=force)


@issues_app.command()
def rates(
    plan: Plan = None,
    version: Version = None,
    first: From = None,
    last: To = None,
    category: Categories = None,
    tier: Tiers = None,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Issues per 100 households of each grid, smoothed, and whether chance explains them. 每百户问题率与漏斗判断。"""
    from gridmap.cli import issue_stats, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.issue_kept import Which  # noqa: PLC0415
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    which = Which(first, last, o.listed(category), o.listed(tier))
    issue_stats.show_rates(Asked(plan, version, day), which, out, screen.Screen(lang), force=force)


@issues_app.command()
def hotspots(
    plan: Plan = None,
    version: Version = None,
    first: From = None,
    last: To = None,
    category: Categories = None,
    tier: Tiers = None,
    emerging: Annotated[bool, Option("--emerging", help="How they come and go over the months. 逐月演变。")] = False,
    level: Annotated[
        float, Option(min=0.0001, max=0.5, help="Share of false discoveries allowed. 允许的误报比例。")
    ] = 0.05,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Where there are more or fewer issues than chance explains. 热点与冷点。"""
    from gridmap.cli import issue_stats, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.issue_kept import Which  # noqa: PLC0415
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    which = Which(first, last, o.listed(category), o.listed(tier))
    asked, shown = Asked(plan, version, day), screen.Screen(lang)
    if emerging:
        issue_stats.show_emerging(asked, which, level, out, shown, force=force)
    else:
        issue_stats.show_hotspots(asked, which, level, out, shown, force=force)


@issues_app.command()
def heat(
    out: Annotated[str, Option(metavar="FILE.html|.gpkg", help="Map, or squares for a GIS. 地图或格点图层。")],
    plan: Plan = None,
    version: Version = None,
    first: From = None,
    last: To = None,
    category: Categories = None,
    tier: Tiers = None,
    bandwidth: Annotated[float | None, Option(metavar="METRES", min=10.0, help="Of the kernel. 带宽（米）。")] = None,
    profile: o.ProfileOption = "internal",
    title: o.Title = None,
    day: Day = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Heat, rates and hot spots on one offline map. 热力图（含问题率与热点）。"""
    from gridmap.cli import issue_heat, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.issue_kept import Which  # noqa: PLC0415
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    which = Which(first, last, o.listed(category), o.listed(tier))
    asked, shown = Asked(plan, version, day), screen.Screen(lang, quiet=quiet)
    issue_heat.draw(asked, which, out, shown, bandwidth_m=bandwidth, profile=profile, title=title, force=force)


@issues_app.command()
def replay(
    proposed: Annotated[str, Argument(metavar="PLAN", help="The proposed plan. 拟用方案。")],
    before: Annotated[str | None, Option("--before", metavar="PLAN", help="The plan in use. 现行方案。")] = None,
    first: From = None,
    last: To = None,
    category: Categories = None,
    people: Annotated[bool, Option("--people", help="One row a member instead of a grid. 按网格员列出。")] = False,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Last half-year's issues on a proposed plan: work per grid and per member. 用近半年问题推演拟用方案的工作量。"""
    from gridmap.cli import issue_stats, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.issue_kept import Which  # noqa: PLC0415

    which = Which(first, last, o.listed(category))
    issue_stats.show_replay(proposed, before, day, which, out, screen.Screen(lang), is_by_member=people, force=force)
