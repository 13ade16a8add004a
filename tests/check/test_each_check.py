"""Every check of the catalogue fires on a plan with its fault and is silent on one without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import shapely

from gridmap.check import CHECKS, judge_polygons
from gridmap.measure.connect import build_graph
from gridmap.model.report import Report

Pair = tuple[Report, Report]


def r1_units(on: Any) -> Pair:
    units = on.two_places(6)
    codes = {"b": "310116113002001"}
    return on.judge(on.plan(units, "aaaabb", codes=codes)), on.judge(on.plan(units, "aaabbb", codes=codes))


def r1_area(on: Any) -> Pair:
    units = on.units(6, boundary=shapely.box(0, 0, 590, 100))
    return on.judge(on.plan(units, "aaabbb")), on.judge(on.plan(on.units(6), "aaabbb"))


def r2_overlap(on: Any) -> Pair:
    wide = on.units(6, shapes={2: shapely.box(200, 0, 310, 100)})
    return on.judge(on.plan(wide, "aaabbb")), on.judge(on.plan(wide, "aaaabb"))


def r2_gap(on: Any) -> Pair:
    units = on.units(6, shapes={5: shapely.box(500, 0, 590, 100)})
    return on.judge(on.plan(units, "aaabbb")), on.judge(on.plan(on.units(6), "aaabbb"))


def r2_unassigned(on: Any) -> Pair:
    units = on.units(6)
    return on.judge(on.plan(units, "aaabb.")), on.judge(on.plan(units, "aaabbb"))


def r3_parts(on: Any) -> Pair:
    units = on.units(6)
    return on.judge(on.plan(units, "aabbba")), on.judge(on.plan(units, "aaabbb"))


def r3_bridged(on: Any) -> Pair:
    units = on.units(6, shapes={1: shapely.box(110, 0, 200, 100)})
    plan = on.plan(units, "aaabbb")
    split = on.plan(units, "abbbbb")
    graph = build_graph(units, bridge_m=20)
    return on.judge(plan, graph=graph), on.judge(split, graph=graph)


def r4_units(on: Any) -> Pair:
    units = on.units(6, kind="village")
    return on.judge(on.plan(units, "aaaabb")), on.judge(on.plan(units, "aaabbb"))


def r5_band(on: Any) -> Pair:
    units = on.units(6)
    return on.judge(on.plan(units, "aaaabb")), on.judge(on.plan(units, "aaabbb"))


def r5_quality(on: Any) -> Pair:
    units = on.units(6, households=[120, 120, 110, 90, 90, 70])
    even = on.units(6)
    return on.judge(on.plan(units, "aaabbb")), on.judge(on.plan(even, "aaabbb"))


def r6_compound(on: Any) -> Pair:
    units = on.units(6, compound=["", "", "金豪", "金豪", "", ""])
    return on.judge(on.plan(units, "aaabbb")), on.judge(on.plan(units, "aabbbb"))


def r7_barrier(on: Any) -> Pair:
    road = on.line((300, -50), (300, 150))
    units = on.units(6)
    return on.judge(on.plan(units, "aaaabb"), barriers=road), on.judge(on.plan(units, "aaabbb"), barriers=road)


def r8_compact(on: Any) -> Pair:
    units = on.units(20, households=15)
    return on.judge(on.plan(units, "a" * 20)), on.judge(on.plan(units, "a" * 10 + "b" * 10))


def r9_locked(on: Any) -> Pair:
    units = on.units(6)
    before = on.plan(units, "aaabbb", locked="a")
    return on.judge(on.plan(units, "aabbbb"), previous=before), on.judge(on.plan(units, "aaabbb"), previous=before)


def r9_moved(on: Any) -> Pair:
    units = on.units(6)
    before = on.plan(units, "aaabbb")
    return on.judge(on.plan(units, "aabbbb"), previous=before), on.judge(on.plan(units, "aaabbb"), previous=before)


def r10_format(on: Any) -> Pair:
    units = on.units(6)
    return on.judge(on.plan(units, "aaabbb", codes={"b": "31011611300102"})), on.judge(on.plan(units, "aaabbb"))


def r10_retired(on: Any) -> Pair:
    plan = on.plan(on.units(6), "aaabbb")
    return on.judge(plan, retired=[plan.codes[1]]), on.judge(plan, retired=["310116113001009"])


def r10_order(on: Any) -> Pair:
    units = on.units(6)
    return on.judge(on.plan(units, "bbbaaa")), on.judge(on.plan(units, "aaabbb"))


def r10_lineage(on: Any) -> Pair:
    plan = on.plan(on.units(6), "aaabbb")
    rows = {"old_code": plan.codes, "new_code": plan.codes, "kind": "unchanged", "households": 300}
    lineage = pd.DataFrame(rows)
    short = lineage.iloc[:1]
    return on.judge(plan, previous=plan, lineage=short), on.judge(plan, previous=plan, lineage=lineage)


def r12_premises(on: Any) -> Pair:
    plan = on.plan(on.units(6), "aaabbb")
    return on.judge(plan, premises=on.points((50, 50), (900, 50))), on.judge(plan, premises=on.points((50, 50)))


def r12_dedicated(on: Any) -> Pair:
    units = on.units(7, dedicated=["", "", "", "万达", "", "", ""])
    return on.judge(on.plan(units, "aaaabbb")), on.judge(on.plan(units, "aaabccc"))


def needless(on: Any) -> Pair:
    units = on.units(6)
    named = [("a", "R5")]
    return (
        on.judge(on.plan(units, "aaabbb", exceptions=named)),
        on.judge(on.plan(units, "aaaabb", exceptions=named)),
    )


def drawn(faulty: dict[str, Any]) -> Callable[[Any], Pair]:
    def judge_both(on: Any) -> Pair:
        sound = {"a": shapely.box(0, 0, 300, 100), "b": shapely.box(300, 0, 600, 100)}
        reports = []
        for polygons in (faulty, sound):
            plan, notes = judge_polygons(on.drawn(**polygons), on.units(6))
            reports.append(on.judge(plan, drawn=notes))
        return reports[0], reports[1]

    return judge_both


WEST, EAST_PART = shapely.box(0, 0, 300, 100), shapely.box(300, 0, 600, 100)
CASES: dict[str, Callable[[Any], Pair]] = {
    "R1.units": r1_units,
    "R1.area": r1_area,
    "R1.drawn": drawn({"a": WEST, "b": shapely.box(300, 0, 610, 100)}),
    "R2.overlap": r2_overlap,
    "R2.gap": r2_gap,
    "R2.unassigned": r2_unassigned,
    "R2.drawn_overlap": drawn({"a": shapely.box(0, 0, 310, 100), "b": EAST_PART}),
    "R2.drawn_gap": drawn({"a": WEST, "b": shapely.box(310, 0, 600, 100)}),
    "R2.drawn_empty": drawn({"a": WEST, "b": EAST_PART, "c": shapely.box(900, 0, 950, 50)}),
    "R3.parts": r3_parts,
    "R3.bridged": r3_bridged,
    "R4.units": r4_units,
    "R5.band": r5_band,
    "R5.quality": r5_quality,
    "R6.cut": drawn({"a": shapely.box(0, 0, 340, 100), "b": shapely.box(340, 0, 600, 100)}),
    "R6.compound": r6_compound,
    "R7.barrier": r7_barrier,
    "R8.compact": r8_compact,
    "R9.locked": r9_locked,
    "R9.moved": r9_moved,
    "R10.format": r10_format,
    "R10.repeated": drawn({"a": [shapely.box(0, 0, 200, 100), shapely.box(200, 0, 300, 100)], "b": EAST_PART}),
    "R10.retired": r10_retired,
    "R10.order": r10_order,
    "R10.lineage": r10_lineage,
    "R12.premises": r12_premises,
    "R12.dedicated": r12_dedicated,
    "exception.unused": needless,
}


def test_no_check_is_left_out() -> None:
    assert set(CASES) == {c.id for c in CHECKS}


@pytest.mark.parametrize("check_id", [c.id for c in CHECKS])
def test_it_fires_on_the_fault_and_only_there(check_id: str, on: Any) -> None:
    faulty, sound = CASES[check_id](on)
    entry = next(c for c in CHECKS if c.id == check_id)
    found = on.found(faulty, check_id)
    assert len(found) > 0
    assert set(found["severity"]) == {entry.severity}
    assert found["message_zh"].str.len().min() > 5
    assert found["message_en"].str.len().min() > 10
    assert set(found["measure_unit"]) == {entry.measure_unit}
    assert not shapely.is_missing(found.geometry.to_numpy()).any()
    assert check_id in sound.checks
    assert on.found(sound, check_id).empty
