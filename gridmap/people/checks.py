"""R11 as checks: a catalogue and the report of a day.

What a town can live with for a time (a vacancy, a leader of three grids) is *soft*: the domain calls R11 a check, and
a plan is not unlawful because somebody has left. What cannot be true as it is recorded (a post in a grid that does not
exist, one that ends before it begins) is *hard*: it must be corrected before figures can be trusted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import pandas as pd

from gridmap.model.finding import Check, run_checks, version_of
from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.report import Report
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.people import faults, strength
from gridmap.people.case import StaffCase
from gridmap.people.staffing import staffing_totals

_POSTS: Final = ("posts",)

STAFF_CHECKS: Final[tuple[Check[StaffCase], ...]] = (
    Check("R11.leader", Text("网格长", "Grid leaders"), "soft", "人", strength.leaders_enough, _POSTS),
    Check("R11.instructor", Text("网格指导员", "Grid instructors"), "soft", "人", strength.instructors_enough, _POSTS),
    Check("R11.members", Text("网格员人数", "Grid members"), "soft", "人", strength.members_enough, _POSTS),
    Check("R11.chief", Text("总网格长", "Chief grid leaders"), "soft", "人", strength.one_chief, _POSTS),
    Check("R11.shared", Text("网格长兼任", "Shared leaders"), "info", "", strength.shared_leaders, _POSTS),
    Check("R11.span", Text("服务户数", "Span of control"), "soft", "户", strength.span_of_control, _POSTS),
    Check("R11.grids", Text("兼任网格数", "Grids of one person"), "soft", "", strength.grids_of_one_person, _POSTS),
    Check("R11.retired", Text("任职网格有效", "Posts in grids of the plan"), "hard", "", faults.posts_in_grids, _POSTS),
    Check(
        "R11.jurisdiction",
        Text("任职村居与网格一致", "Posts in the grid's jurisdiction"),
        "hard",
        "",
        faults.posts_in_jurisdictions,
        _POSTS,
    ),
    Check("R11.nowhere", Text("任职已定网格", "Posts with a place"), "soft", "", faults.posts_somewhere, _POSTS),
    Check("R11.dates", Text("任职日期", "Dates of posts"), "hard", "", faults.dates_in_order, _POSTS),
    Check("R11.twice", Text("人员不重复", "Nobody twice"), "hard", "", faults.nobody_twice, ("posts", "people")),
    Check(
        "R11.orphan",
        Text("任职人员在册", "Posts of known people"),
        "soft",
        "",
        faults.posts_of_known_people,
        ("people",),
    ),
)


def check_staffing(
    plan: Plan,
    records: Records,
    rules: Rules,
    *,
    day: date,
    retired: Collection[str] = (),
    names: Mapping[str, str] | None = None,
) -> Report:
    """How the people on record stand against R11 on a day.

    Parameters
    ----------
    plan : Plan
    records : Records
        Registers ``post`` and, where the reader may see it, ``person``. Names and telephones are compared, and stand in
        no sentence: people are named by id, so that the report may be shared.
    rules : Rules
    day : date
    retired : collection of str
        Codes of grids that were given up.
    names : mapping of str to str, optional
        Grid code → name, told beside codes, and by which a post that names its grid so is understood.

    Returns
    -------
    Report
        Findings in the order of :data:`STAFF_CHECKS`; ``unit`` is a person's id where it is about one. ``excepted``
        where a named exception of the plan covers R11 of the grid. ``grids``: the numbers of
        :func:`~gridmap.people.staffing.staffing_of_grids` (float64, int64 or bool; NaN where not known). ``totals``:
        :func:`~gridmap.people.staffing.staffing_totals`, without what was never recorded. A check whose register was
        never recorded is not run.
    """
    case = StaffCase(plan, records, rules, day, frozenset(retired), dict(names or {}))
    findings, run = run_checks(STAFF_CHECKS, case, plan)
    totals = staffing_totals(plan, records, rules, day)
    return Report(
        findings=findings,
        grids=_numbers(case.grids),
        totals={key: value for key, value in totals.items() if value is not None},
        checks=tuple(c.id for c in run),
        rules_name=rules.name,
        catalogue_version=staff_catalogue_version(),
    )


def staff_catalogue_version() -> str:
    """Version of :data:`STAFF_CHECKS`: a stored report with another one is stale."""
    return version_of(STAFF_CHECKS)


def _numbers(grids: pd.DataFrame) -> pd.DataFrame:
    """Columns of numbers, in numpy's types: what a report keeps of each grid."""
    columns = {}
    for name, column in grids.items():
        if column.dtype == "Int64":
            columns[name] = column.astype("float64" if column.isna().any() else "int64")
        elif column.dtype in ("bool", "float64"):
            columns[name] = column
    return pd.DataFrame(columns, index=grids.index)
