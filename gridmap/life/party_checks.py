"""Checks of Party life: branches, members reported, activities, deliberations."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from gridmap.life.case import LifeCase
from gridmap.life.party import branch_of_grids, theme_days
from gridmap.model.finding import Check, Row
from gridmap.model.registers import REGISTERS
from gridmap.model.text import Text

#: More people than this at one activity are taken for a slip of the pen (our decision).
MOST_AT_AN_ACTIVITY: Final = 2000
#: Registers of what happened on a day, and the column of the day.
_EVENTS: Final = {"activity": "held_on", "deliberation": "held_on", "in_service": "counted_on"}


def _grids(case: LifeCase) -> list[Row]:
    rows = case.grids_unknown("branch", "grids")
    return rows + [row for register in _EVENTS for row in case.grids_unknown(register, of_the_past=True)]


def _jurisdictions(case: LifeCase) -> list[Row]:
    return case.jurisdictions_unknown("branch") + case.jurisdictions_unknown("activity")


def _dates(case: LifeCase) -> list[Row]:
    branches = case.records.of("branch")
    wrong = branches[branches["dissolved_on"] <= branches["founded_on"]]
    return [
        Row(
            Text(
                f"支部「{name}」的撤销日期 {ended:%Y-%m-%d} 不晚于成立日期 {begun:%Y-%m-%d}",
                f"branch {record} ({name}): dissolved on {ended:%Y-%m-%d}, not after it was founded, {begun:%Y-%m-%d}",
            ),
            jurisdiction=jurisdiction,
            unit=record,
        )
        for record, name, jurisdiction, begun, ended in zip(
            wrong.index, wrong["name"], wrong["jurisdiction"], wrong["founded_on"], wrong["dissolved_on"], strict=True
        )
    ]


def _uncovered(case: LifeCase) -> list[Row]:
    covered = branch_of_grids(case.plan, case.records, case.day)["is_covered"]
    return [
        Row(Text(f"网格 {code} 没有党支部或党小组", f"grid {code} has neither a Party branch nor a group"), code)
        for code in covered.index[~covered]
    ]


def _theme_day(case: LifeCase) -> list[Row]:
    last = case.day.replace(day=1) - timedelta(days=1)
    missing = theme_days(case.records, case.plan, last.replace(day=1), last, grid_of_point=case.grid_of_point).missing
    return [
        Row(
            Text(f"网格 {grid} 在 {month} 没有主题党日", f"grid {grid} had no monthly theme day in {month}"),
            grid,
        )
        for grid, month in missing.itertuples(index=False)
    ]


def _points(case: LifeCase) -> list[Row]:
    return case.missing("activity", "point_id", "point", what=Text("点位", "point"))


def _branches(case: LifeCase) -> list[Row]:
    return case.missing("activity", "branch_id", "branch", what=Text("支部", "branch"))


def _attendance(case: LifeCase) -> list[Row]:
    rows = []
    for register in ("activity", "deliberation"):
        held, title = case.records.of(register), REGISTERS[register].title
        absurd = held[~held["attendance"].fillna(0).between(0, MOST_AT_AN_ACTIVITY)]
        rows += [
            Row(
                Text(
                    f"{title.zh}「{record}」参加人数为 {n}，应在 0 至 {MOST_AT_AN_ACTIVITY} 之间，请核对",
                    f"{title.en}, {record}: {n} people came; 0 to {MOST_AT_AN_ACTIVITY} are credible, look again",
                ),
                grid,
                unit=record,
                value=float(n),
                limit=float(MOST_AT_AN_ACTIVITY),
            )
            for record, grid, n in zip(absurd.index, absurd["grid"], absurd["attendance"], strict=True)
        ]
    return rows


def _future(case: LifeCase) -> list[Row]:
    rows = []
    for register, column in _EVENTS.items():
        frame, title = case.records.of(register), REGISTERS[register].title
        late = frame[frame[column] > case.at]
        rows += [
            Row(
                Text(
                    f"{title.zh}「{record}」的日期 {when:%Y-%m-%d} 在 {case.day} 之后",
                    f"{title.en}, {record}: {when:%Y-%m-%d} is after {case.day}",
                ),
                grid,
                unit=record,
                value=float((when - case.at).days),
                limit=0.0,
            )
            for record, grid, when in zip(late.index, late["grid"], late[column], strict=True)
        ]
    return rows


def _projects(case: LifeCase) -> list[Row]:
    held = case.records.of("deliberation")
    bare = held[(held["project"] != "") & (held["project_status"] == "")]
    return [
        Row(
            Text(
                f"议事「{record}」形成的项目「{project}」没有填写进度",
                f"deliberation {record}: the project {project} has no status",
            ),
            grid,
            unit=record,
        )
        for record, grid, project in zip(bare.index, bare["grid"], bare["project"], strict=True)
    ]


_RECORDED: Final = ("branch", *_EVENTS)
PARTY_CHECKS: Final[tuple[Check[LifeCase], ...]] = (
    Check("party.grid", Text("党建台账的网格", "Grids of Party life"), "hard", "", _grids, _RECORDED),
    Check(
        "party.jurisdiction",
        Text("党建台账的村居", "Jurisdictions of Party life"),
        "hard",
        "",
        _jurisdictions,
        ("branch", "activity"),
    ),
    Check("party.dates", Text("支部日期", "Days of branches"), "hard", "", _dates, ("branch",)),
    Check("party.covered", Text("党组织覆盖", "Branch or group in each grid"), "soft", "", _uncovered, ("branch",)),
    Check("party.theme_day", Text("上月主题党日", "Theme day last month"), "info", "", _theme_day, ("activity",)),
    Check("party.point", Text("活动点位", "Points of activities"), "hard", "", _points, ("activity",)),
    Check("party.branch", Text("主办支部", "Branches of activities"), "hard", "", _branches, ("activity",)),
    Check("party.attendance", Text("参加人数", "Attendance"), "soft", "人", _attendance, ("activity", "deliberation")),
    Check("party.future", Text("日期不在未来", "Not in the future"), "soft", "天", _future, tuple(_EVENTS)),
    Check("party.project", Text("项目进度", "Status of projects"), "soft", "", _projects, ("deliberation",)),
)
