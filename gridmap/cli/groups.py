"""`gridmap points|people|lists|party|services`: what every group can do, and what each can do beside it."""

from __future__ import annotations

from typing import Annotated

import typer

from gridmap.cli import options as o
from gridmap.model.register import Group

Plan = Annotated[
    str | None, typer.Option(metavar="PLAN", help="The plan whose grids count; without it the one in force. 方案。")
]
Version = Annotated[int | None, typer.Option(min=1, help="A version of it; the newest without it. 版本号。")]
Day = Annotated[
    str | None,
    typer.Option(metavar="YYYY-MM-DD", help="The day looked at: today; of synthetic data their own. 查看日期。"),
]
Grid = Annotated[str | None, typer.Option(metavar="CODE", help="Only this grid. 只看一个网格。")]
Jurisdiction = Annotated[
    str | None, typer.Option(metavar="CODE|NAME", help="Only this village or residential area. 只看一个村居。")
]
From = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day. 起始日期。")]
To = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day. 终止日期。")]
OutTable = Annotated[
    str | None, typer.Option("--out", metavar="FILE.csv|.xlsx", help="Write every row there. 写出全部记录。")
]


def _group(name: Group, text: str) -> typer.Typer:
    """The commands that every group has."""
    app = typer.Typer(name=name, help=text, no_args_is_help=True, add_completion=False, rich_markup_mode=None)

    @app.command("import")
    def import_(
        source: Annotated[str, typer.Argument(metavar="FILE", help="Ledger, or points as a layer. 台账或点图层。")],
        plan: Plan = None,
        sheet: Annotated[str | None, typer.Option(help="Only this sheet. 只读这张工作表。")] = None,
        register: Annotated[str | None, typer.Option(help="What the table holds. 登记种类。")] = None,
        datum: o.Datum = None,
        encoding: o.Encoding = None,
        day: Day = None,
        whole: Annotated[
            bool, typer.Option("--whole", help="What FILE does not have has ended. 文件中没有的视为终止。")
        ] = False,
        preview: Annotated[
            bool, typer.Option("--preview", help="Show what would change; store nothing. 只预览，不存入。")
        ] = False,
        anyway: Annotated[
            bool, typer.Option("--anyway", help="Store points outside the town too. 镇外的点也存入。")
        ] = False,
        corrections: Annotated[
            str | None,
            typer.Option(metavar="FILE.xlsx", help="Where rows are wrong, a copy that marks them. 写出待更正的副本。"),
        ] = None,
        message: Annotated[str, typer.Option(metavar="TEXT", help="Why. 说明。")] = "",
        force: o.Force = False,
        lang: o.Lang = "zh",
        quiet: o.Quiet = False,
    ) -> None:
        """Take in a ledger: all of it or nothing. 导入台账，全部存入或全不存入。"""
        from gridmap.cli import intake, screen  # noqa: PLC0415 loaded when a command runs
        from gridmap.cli.kept import Asked  # noqa: PLC0415

        how = intake.Taking(sheet, register, datum, encoding, corrections, message, whole, preview, anyway)
        intake.take_in(name, source, Asked(plan, None, day), how, screen.Screen(lang, quiet=quiet), force=force)

    @app.command()
    def check(
        plan: Plan = None,
        version: Version = None,
        day: Day = None,
        report: Annotated[str | None, typer.Option(metavar="FILE.json", help="Every finding. 检查报告。")] = None,
        force: o.Force = False,
        lang: o.Lang = "zh",
        quiet: o.Quiet = False,
    ) -> None:
        """Judge what is stored; exit code 1 when something is broken. 检查，有错误时退出码为 1。"""
        from gridmap.cli import ledgers, screen  # noqa: PLC0415 loaded when a command runs
        from gridmap.cli.kept import Asked  # noqa: PLC0415

        shown = screen.Screen(lang, quiet=quiet)
        if not ledgers.judge(name, Asked(plan, version, day), report, shown, force=force):
            raise typer.Exit(1)

    @app.command()
    def export(
        out: Annotated[str, typer.Option(metavar="FILE.xlsx", help="The ledger. 台账文件。")],
        plan: Plan = None,
        version: Version = None,
        day: Day = None,
        profile: o.ProfileOption = "internal",
        with_phones: Annotated[
            bool, typer.Option("--with-phones", help="People, with telephones; internal only. 含电话，仅限对内。")
        ] = False,
        blank: Annotated[bool, typer.Option("--blank", help="An empty form to fill in. 空白表样。")] = False,
        force: o.Force = False,
        lang: o.Lang = "zh",
        quiet: o.Quiet = False,
    ) -> None:
        """Write the ledger that is handed in. 导出台账。"""
        from gridmap.cli import ledgers, screen  # noqa: PLC0415 loaded when a command runs
        from gridmap.cli.kept import Asked  # noqa: PLC0415

        shown = screen.Screen(lang, quiet=quiet)
        how = ledgers.Handing(out, profile, with_phones, blank)
        ledgers.hand_out(name, Asked(plan, version, day), how, shown, force=force)

    @app.command()
    def imports(plan: Plan = None, lang: o.Lang = "zh") -> None:
        """List what was taken in: who, when, how much. 导入记录。"""
        from gridmap.cli import ledgers, screen  # noqa: PLC0415 loaded when a command runs
        from gridmap.cli.kept import Asked  # noqa: PLC0415

        ledgers.show_batches(name, Asked(plan), screen.Screen(lang))

    @app.command()
    def undo(
        number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `imports` lists it. 导入编号。")],
        plan: Plan = None,
        lang: o.Lang = "zh",
        quiet: o.Quiet = False,
    ) -> None:
        """Take an import back. 撤销一次导入。"""
        from gridmap.cli import ledgers, screen  # noqa: PLC0415 loaded when a command runs
        from gridmap.cli.kept import Asked  # noqa: PLC0415

        ledgers.undo(name, Asked(plan), number, screen.Screen(lang, quiet=quiet))

    return app


points_app = _group("points", "Points: which are two in one, whom they reach, where the next should stand. 点位。")
people_app = _group("people", "People: posts, vacancies, loads, who could help out. 网格队伍（一长两员）。")
lists_app = _group("lists", "The two lists: template, what grids took over and adjusted. 两张清单。")
party_app = _group("party", "Party life: branches, members who reported, activities, deliberations. 党建活动。")
services_app = _group("services", "Services: the menu, who offers what where and when, orders. 服务资源与点单。")


@points_app.command("list")
def points_list(
    plan: Plan = None,
    version: Version = None,
    day: Day = None,
    grid: Grid = None,
    jurisdiction: Jurisdiction = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """List points with the grid that holds each in a plan. 列出点位及所在网格。"""
    from gridmap.cli import points, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    points.show_points(Asked(plan, version, day), grid, jurisdiction, out, screen.Screen(lang), force=force)


@points_app.command("two-in-one")
def two_in_one(
    plan: Plan = None,
    version: Version = None,
    day: Day = None,
    distance: Annotated[
        float, typer.Option(metavar="METRES", min=0.0, help="Counts as one place. 视为同一处。")
    ] = 30.0,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Which grid points are also Party service points, why, and which are nearly. 两点合一。"""
    from gridmap.cli import points, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    points.show_two_in_one(Asked(plan, version, day), distance, out, screen.Screen(lang), force=force)


Walking = Annotated[float, typer.Option(metavar="METRES", min=1.0, help="Walking distance. 步行距离。")]
Detour = Annotated[
    float, typer.Option(metavar="FACTOR", min=1.0, help="How much longer than a straight line. 绕行系数。")
]
AlongRoads = Annotated[bool, typer.Option("--roads", help="Along the roads of the survey. 沿道路计算。")]


@points_app.command()
def reach(
    plan: Plan = None,
    version: Version = None,
    day: Day = None,
    walking: Walking = 500.0,
    detour: Detour = 1.3,
    roads: AlongRoads = False,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Which share of the households can walk to a point: served, served but full, out of reach. 服务覆盖。"""
    from gridmap.cli import points, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    way = points.Way(walking, detour, roads)
    points.show_reach(Asked(plan, version, day), way, out, screen.Screen(lang, quiet=quiet), force=force)


@points_app.command()
def site(
    number: Annotated[int, typer.Option("--number", "-p", min=1, help="How many new points. 新建几个点。")],
    plan: Plan = None,
    version: Version = None,
    day: Day = None,
    objective: Annotated[
        str, typer.Option(metavar="coverage|p_median|p_center", help="What to make best. 优化目标。")
    ] = "coverage",
    capacity: Annotated[
        int | None, typer.Option(metavar="HOUSEHOLDS", min=1, help="Households a new point can serve. 每点服务户数。")
    ] = None,
    walking: Walking = 500.0,
    detour: Detour = 1.3,
    roads: AlongRoads = False,
    seconds: Annotated[float, typer.Option(min=1.0, help="Time for the search. 求解时限（秒）。")] = 30.0,
    jurisdiction: Jurisdiction = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Where the next points should stand, as a list of actions. 新点选址。"""
    from gridmap.cli import points, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    wanted = points.Wanted(number, objective, capacity, seconds, jurisdiction)
    way = points.Way(walking, detour, roads)
    points.show_site(Asked(plan, version, day), wanted, way, out, screen.Screen(lang, quiet=quiet), force=force)


@points_app.command()
def changes(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="A plan. 原方案。")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The plan that replaces it. 新方案。")],
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Which points change their grid, and which grids lose their point, between two plans. 方案调整对点位的影响。"""
    from gridmap.cli import points, screen  # noqa: PLC0415 loaded when a command runs

    points.show_changes(before, after, day, out, screen.Screen(lang), force=force)


@people_app.command("list")
def people_list(
    plan: Plan = None,
    version: Version = None,
    day: Day = None,
    grid: Grid = None,
    jurisdiction: Jurisdiction = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Staffing of each grid: leader, instructor, members, what is vacant. 各网格人员配备。"""
    from gridmap.cli import people, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    people.show_staffing(Asked(plan, version, day), grid, jurisdiction, out, screen.Screen(lang), force=force)


@people_app.command()
def loads(
    plan: Plan = None,
    version: Version = None,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Grids and households of each leader, instructor and member. 人员负荷。"""
    from gridmap.cli import people, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    people.show_loads(Asked(plan, version, day), out, screen.Screen(lang), force=force)


@people_app.command()
def cover(
    plan: Plan = None,
    version: Version = None,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Who could cover each vacancy: nearest first, then who carries least. 空缺补位建议。"""
    from gridmap.cli import people, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    people.show_cover(Asked(plan, version, day), out, screen.Screen(lang), force=force)


@people_app.command()
def erase(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Id of the person. 人员编号。")],
    plan: Plan = None,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Blank the name and the telephone of a person for good; what they did stays. 删除个人信息。"""
    from gridmap.cli import people, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    people.erase(Asked(plan), person, screen.Screen(lang, quiet=quiet))
