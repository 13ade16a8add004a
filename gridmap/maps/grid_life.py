"""What the card of a grid tells of its records, and the class of each grid by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from gridmap.maps.life import ActivitiesShown, ListShown, PostShown, ReachShown, ServiceShown, StaffShown
from gridmap.maps.telling import FEW, Teller
from gridmap.maps.words import date_text
from gridmap.model.plan import Plan
from gridmap.model.registers.lists import LISTS
from gridmap.model.registers.party import ACTIVITY_KINDS
from gridmap.model.rules import Staffing

#: Items of a list, and services and activities, that a card names.
NAMED: Final = 3
NEXT: Final = 2
#: Kinds of state of a grid by its points, from the best.
POINT_STATES: Final = ("two", "use", "planned", "none")
PARTY_STATES: Final = ("branch", "group", "none")
LIST_STATES: Final = ("newest", "outdated", "one", "none")


def grid_lives(plan: Plan, teller: Teller, staffing: Staffing) -> list[dict[str, Any]]:
    """What is recorded of each grid, in the order of ``plan.codes``; None stands for what was never recorded."""
    return [_grid_life(code, teller, staffing) for code in plan.codes]


def _grid_life(code: str, teller: Teller, staffing: Staffing) -> dict[str, Any]:
    life = teller.life
    reported = None if life.reported is None else life.reported.get(code)
    return {
        "who": _who(life.staff.get(code), teller, staffing) if life.staff is not None and teller.has_staffing else None,
        "branches": None
        if life.branches is None
        else [{"name": teller.text(b.name), "members": teller.count(b.members)} for b in life.branches.get(code, ())],
        "reported": None
        if reported is None
        else {"n": teller.count(reported.members), "day": _day(reported.counted_on, teller)},
        "reach": None if life.reach is None else _reach(life.reach.get(code), teller),
        "lists": None if life.lists is None else [_list(row, teller) for row in life.lists.get(code, ())],
        "services": None
        if life.services is None
        else [_service(s, teller) for s in life.services.get(code, ())[:NEXT]],
        "acts": None if life.activities is None else _activities(life.activities.get(code, ActivitiesShown()), teller),
        "recorded": {
            "reported": life.reported is not None,
            "reach": life.reach is not None,
        },
    }


def _who(staff: StaffShown | None, teller: Teller, staffing: Staffing) -> dict[str, Any] | None:
    if staff is None:
        return None
    return {
        "leader": _post(staff.leader, teller, staffing.leaders),
        "instructor": _post(staff.instructor, teller, staffing.instructors),
        "members": staff.members,
        "min": staffing.members_min,
        "max": staffing.members_max,
    }


def _post(post: PostShown, teller: Teller, wanted: int) -> dict[str, Any]:
    return {
        "n": post.n,
        "names": [n for n in post.names if n] if teller.is_internal else [],
        "shared": post.is_shared,
        "gap": max(wanted - post.n, 0),
    }


def _reach(reach: ReachShown | None, teller: Teller) -> dict[str, Any] | None:
    if reach is None or reach.households == 0:
        return None
    counts: dict[str, Any] = {"served": reach.served, "full": reach.full, "out": reach.out}
    shown = {key: teller.count(n) for key, n in counts.items()}
    is_rounded = FEW in shown.values()  # the others and the whole would tell the hidden one
    if is_rounded:
        shown = {key: n if n == FEW else int(round(float(n or 0), -1)) for key, n in shown.items()}
    return {**shown, "rounded": is_rounded}


def _list(row: ListShown, teller: Teller) -> dict[str, Any]:
    return {
        "label": LISTS[row.list].text.in_language(teller.lang) if row.list in LISTS else row.list,
        "version": row.version,
        "newest": row.newest,
        "n": len(row.titles),
        "titles": [teller.text(t) for t in row.titles[:NAMED]],
        "adjusted": row.n_adjusted,
    }


def _service(service: ServiceShown, teller: Teller) -> dict[str, str]:
    return {
        "title": teller.text(service.title),
        "department": teller.text(service.department),
        "day": _day(service.day, teller),
        "hours": teller.text(service.hours),
    }


def _activities(held: ActivitiesShown, teller: Teller) -> dict[str, Any]:
    hides = any(teller.count(a.attendance) == FEW for a in held.last)  # the sum would tell the hidden one
    return {
        "n": held.n,
        "attendance": None if hides else teller.count(held.attendance),
        "last": [
            {
                "day": _day(a.held_on, teller),
                "kind": ACTIVITY_KINDS[a.kind].text.in_language(teller.lang) if a.kind in ACTIVITY_KINDS else a.kind,
                "title": teller.text(a.title),
                "n": teller.count(a.attendance),
            }
            for a in held.last[:NEXT]
        ],
    }


def _day(day: date | None, teller: Teller) -> str:
    return "" if day is None else date_text(day.isoformat(), teller.lang)


def point_states(plan: Plan, teller: Teller) -> list[str]:
    """One of :data:`POINT_STATES` for each grid, by its grid points."""
    best: dict[str, int] = {}
    for point in teller.life.points or ():
        if point.kind != "grid_point" or point.status == "closed":
            continue
        is_used = point.status == "in_use"
        rank = 0 if is_used and point.partner else 1 if is_used else 2
        best[point.grid] = min(rank, best.get(point.grid, rank))
    return [POINT_STATES[best.get(code, 3)] for code in plan.codes]


def staff_states(plan: Plan, teller: Teller, staffing: Staffing) -> list[str]:
    """``complete``, ``shared`` (the leader leads other grids too), ``vacant`` or ``unknown`` for each grid."""
    return [_staff_state(code, teller, staffing) for code in plan.codes]


def _staff_state(code: str, teller: Teller, staffing: Staffing) -> str:
    staff = (teller.life.staff or {}).get(code)
    if staff is None:
        return "unknown"
    if (
        staff.leader.n < staffing.leaders
        or staff.instructor.n < staffing.instructors
        or staff.members < staffing.members_min
    ):
        return "vacant"
    return "shared" if staff.leader.is_shared else "complete"


def party_states(plan: Plan, teller: Teller) -> list[str]:
    """One of :data:`PARTY_STATES` for each grid: a branch, a Party group without a branch, or neither."""
    held = [(teller.life.branches or {}).get(code, ()) for code in plan.codes]
    return ["none" if not b else "group" if all(x.is_group for x in b) else "branch" for b in held]


def list_states(plan: Plan, teller: Teller) -> list[str]:
    """One of :data:`LIST_STATES` for each grid: both lists of the newest template, outdated, only one list, none."""
    return [_list_state((teller.life.lists or {}).get(code, ())) for code in plan.codes]


def _list_state(lists: Sequence[ListShown]) -> str:
    adopted = [one for one in lists if one.version is not None]
    if not adopted:
        return "none"
    if len(adopted) < len(LISTS):
        return "one"
    is_newest = all(one.newest is None or (one.version or 0) >= one.newest for one in adopted)
    return "newest" if is_newest else "outdated"


def activity_counts(plan: Plan, teller: Teller) -> list[int]:
    """Activities of each grid in the half year."""
    held = teller.life.activities or {}
    return [held[code].n if code in held else 0 for code in plan.codes]


def reach_shares(plan: Plan, teller: Teller) -> list[float | None]:
    """Share of the households of each grid that a point with room serves; None where nothing is known."""
    found = [(teller.life.reach or {}).get(code) for code in plan.codes]
    return [None if r is None or r.households == 0 else r.served / r.households for r in found]
