"""`gridmap issues`: from what residents and patrols report to where it is more than chance."""

from __future__ import annotations

from typing import Annotated

import typer

from gridmap.cli import options as o
from gridmap.cli.groups import Day, From, Grid, Jurisdiction, OutTable, Plan, To

issues_app = typer.Typer(
    name="issues",
    help="Issues by the three-step method: detect, dispose, verify; rates, heat, hot spots. 问题处置与热力图。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Categories = Annotated[
    list[str] | None, typer.Option("--category", metavar="NAME", help="Only these categories. 只看这些类别。")
]
Tiers = Annotated[
    list[str] | None,
    typer.Option("--tier", metavar="grid|jurisdiction|department", help="Only these tiers. 只看这些处置层级。"),
]
Issue = Annotated[str, typer.Argument(metavar="ISSUE", help="Id of the issue. 问题编号。")]
By = Annotated[str | None, typer.Option("--by", metavar="PERSON", help="Id of who acts. 操作人编号。")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="When, as 2020-02-03T09:30; now without. 时间。")]


@issues_app.command("import")
def import_(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="Ledger, export of a platform, layer. 台账或平台导出。")
    ],
    plan: Plan = None,
    platform: Annotated[
        str, typer.Option("--source", metavar="NAME", help="The platform; its ids get this name. 来源平台。")
    ] = "",
    sheet: Annotated[str | None, typer.Option(help="Only this sheet. 只读这张工作表。")] = None,
    column: o.Column = None,
    categories: Annotated[
        str | None, typer.Option(metavar="FILE.csv", help="Their types, our categories. 类别对照表。")
    ] = None,
    datum: o.Datum = None,
    encoding: o.Encoding = None,
    day: Day = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Leave rows with errors out. 跳过有错误的行。")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be stored; store nothing. 只预览，不存入。")
    ] = False,
    corrections: Annotated[
        str | None, typer.Option(metavar="FILE.csv|.xlsx", help="Every row with something to say. 写出问题行清单。")
    ] = None,
    message: Annotated[str, typer.Option(metavar="TEXT", help="Why. 说明。")] = "",
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Take in a ledger or the export of a platform; again is harmless. 导入问题台账或平台导出，重复导入无妨。"""
    from gridmap.cli import issue_intake, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    how = issue_intake.Taking(
        platform, sheet, o.columns(column), categories, datum, encoding, corrections, message, leave_out, dry_run
    )
    issue_intake.take_in(source, Asked(plan, None, day), how, screen.Screen(lang, quiet=quiet), force=force)


@issues_app.command()
def export(
    out: Annotated[str, typer.Option(metavar="FILE.xlsx", help="The ledger. 台账文件。")],
    plan: Plan = None,
    first: From = None,
    last: To = None,
    day: Day = None,
    profile: o.ProfileOption = "internal",
    blank: Annotated[bool, typer.Option("--blank", help="An empty form to fill in. 空白表样。")] = False,
    force: o.Force = False,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Write the ledger of issues, or a blank form. 导出问题台账或空白表样。"""
    from gridmap.cli import issue_intake, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.issue_kept import Which  # noqa: PLC0415
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    shown = screen.Screen(lang, quiet=quiet)
    which = Which(first, last)
    issue_intake.hand_out(out, Asked(plan, None, day), which, profile, shown, blank=blank, force=force)


@issues_app.command()
def imports(plan: Plan = None, lang: o.Lang = "zh") -> None:
    """List what was taken in: who, when, how much. 导入记录。"""
    from gridmap.cli import issue_intake, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    issue_intake.show_imports(Asked(plan), screen.Screen(lang))


@issues_app.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `imports` lists it. 导入编号。")],
    plan: Plan = None,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Take an import back. 撤销一次导入。"""
    from gridmap.cli import issue_intake, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    issue_intake.undo(Asked(plan), number, screen.Screen(lang, quiet=quiet))


@issues_app.command("list")
def list_issues(
    plan: Plan = None,
    first: From = None,
    last: To = None,
    category: Categories = None,
    tier: Tiers = None,
    step: Annotated[
        list[str] | None, typer.Option("--step", metavar="STEP|open", help="Only these steps. 只看这些步骤。")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue. 只看超期的。")] = False,
    grid: Grid = None,
    jurisdiction: Jurisdiction = None,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """List issues, the newest first. 列出问题（可作网格问题清单）。"""
    from gridmap.cli import issues, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.issue_kept import Which  # noqa: PLC0415
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    which = Which(first, last, o.listed(category), o.listed(tier), o.listed(step), grid, jurisdiction, overdue=overdue)
    issues.show_list(Asked(plan, None, day), which, out, screen.Screen(lang), force=force)


@issues_app.command()
def show(issue: Issue, plan: Plan = None, day: Day = None, lang: o.Lang = "zh") -> None:
    """One issue: where it stands, everything that happened, what can come next. 查看一个问题的全过程。"""
    from gridmap.cli import issue_work, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    issue_work.show(Asked(plan, None, day), issue, screen.Screen(lang))


@issues_app.command()
def report(
    category: Annotated[str, typer.Option(metavar="NAME", help="Category. 类别。")],
    place: Annotated[
        str | None, typer.Option("--place", metavar="LON,LAT", help="Where, WGS-84 or CGCS2000. 经度,纬度。")
    ] = None,
    grid: Grid = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="What was found. 问题描述。")] = "",
    address: Annotated[str, typer.Option(metavar="TEXT", help="Where, in words. 地点。")] = "",
    id_: Annotated[str | None, typer.Option("--id", help="Its id; one is made without. 问题编号。")] = None,
    by: By = None,
    at: At = None,
    plan: Plan = None,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Report a new issue; the grid that holds the place owns it. 上报问题。"""
    from gridmap.cli import issue_report, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    found = issue_report.Found(category, place, grid, description, address, id_, by, at)
    issue_report.report(Asked(plan), found, screen.Screen(lang, quiet=quiet))


@issues_app.command()
def advance(
    issue: Issue,
    action: Annotated[str, typer.Argument(metavar="ACTION", help="dispatch, settle, verify, … 操作。")],
    tier: Annotated[str, typer.Option(metavar="grid|jurisdiction|department", help="To which tier. 处置层级。")] = "",
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="Grid, jurisdiction or department. 处置单位。")] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why. 说明。")] = "",
    until: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Deferred until. 缓办至。")] = "",
    of: Annotated[str, typer.Option("--of", metavar="ISSUE", help="The issue that stays, of merge. 并入的问题。")] = "",
    by: By = None,
    role: Annotated[str, typer.Option("--as", metavar="ROLE", help="Who acts: town, member, … 角色。")] = "",
    at: At = None,
    base: Annotated[
        int | None, typer.Option(min=1, help="The version that was looked at; refused if it is older. 所依据的版本。")
    ] = None,
    plan: Plan = None,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Take an issue one step on, as the transition table allows. 办理问题：派遣、处置、核查、退回等。"""
    from gridmap.cli import issue_work, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    done = issue_work.Done(action, tier, to, note, until, of, by, role, at, base)
    issue_work.advance(Asked(plan), issue, done, screen.Screen(lang, quiet=quiet))


@issues_app.command()
def sync(
    source: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="Events of a device, one a line. 离线事件。")],
    plan: Plan = None,
    lang: o.Lang = "zh",
    quiet: o.Quiet = False,
) -> None:
    """Take in what devices did offline, in any order; again is harmless. 同步离线设备的事件。"""
    from gridmap.cli import issue_work, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    issue_work.sync(Asked(plan), source, screen.Screen(lang, quiet=quiet))


@issues_app.command()
def overdue(
    plan: Plan = None,
    day: Day = None,
    log: Annotated[bool, typer.Option("--log", help="Write it into their logs. 记入问题日志。")] = False,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """What is past its deadline, the longest first. 超期问题。"""
    from gridmap.cli import issues, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    issues.overdue(Asked(plan, None, day), out, screen.Screen(lang), is_logged=log, force=force)


@issues_app.command()
def redact(issue: Issue, plan: Plan = None, lang: o.Lang = "zh", quiet: o.Quiet = False) -> None:
    """Blank the texts of an issue for good; what was done stays. 删除问题中的文字（个人信息）。"""
    from gridmap.cli import issue_work, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    issue_work.redact(Asked(plan), issue, screen.Screen(lang, quiet=quiet))


@issues_app.command()
def policy(
    source: Annotated[
        str | None, typer.Argument(metavar="FILE.toml", help="The town's own, from now on. 今后采用的规则文件。")
    ] = None,
    plan: Plan = None,
    out: Annotated[str | None, typer.Option(metavar="FILE.toml", help="Write the one in use. 写出现行规则。")] = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Categories, deadlines and the rest: show those in use, or put others into use. 类别、时限等规则。"""
    from gridmap.cli import issue_policy, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    issue_policy.policy(Asked(plan), source, out, screen.Screen(lang), force=force)


@issues_app.command()
def duplicates(
    plan: Plan = None,
    first: From = None,
    last: To = None,
    category: Categories = None,
    day: Day = None,
    out: OutTable = None,
    force: o.Force = False,
    lang: o.Lang = "zh",
) -> None:
    """Issues that look like the same one: category, metres, hours. 疑似重复问题。"""
    from gridmap.cli import issues, screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.cli.issue_kept import Which  # noqa: PLC0415
    from gridmap.cli.kept import Asked  # noqa: PLC0415

    which = Which(first, last, o.listed(category))
    issues.show_duplicates(Asked(plan, None, day), which, out, screen.Screen(lang), force=force)
