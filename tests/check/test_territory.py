"""R1, R2, R3 with numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from gridmap.measure.connect import build_graph


def test_a_grid_over_two_jurisdictions_names_both_and_shows_the_stray_units(on: Any) -> None:
    report = on.judge(on.plan(on.two_places(6), "aaaabb", codes={"b": "310116113002001"}))
    (row,) = on.found(report, "R1.units").itertuples()
    assert (row.grid, row.value, row.limit) == ("310116113001001", 2, 1)
    assert "山新、金海岸" in row.message_zh
    assert row.geometry.equals(shapely.box(300, 0, 400, 100))
    assert not report.is_lawful


def test_ground_outside_is_measured(on: Any) -> None:
    report = on.judge(on.plan(on.units(6, boundary=shapely.box(0, 0, 590, 100)), "aaabbb"))
    (row,) = on.found(report, "R1.area").itertuples()
    assert row.grid.endswith("002")
    assert row.value == pytest.approx(1000.0)
    assert row.geometry.equals(shapely.box(590, 0, 600, 100))


def test_overlap_is_one_row_for_two_grids_and_has_its_area(on: Any) -> None:
    units = on.units(6, 2, shapes={2: shapely.box(200, 0, 310, 100), 8: shapely.box(200, 100, 305, 200)})
    report = on.judge(on.plan(units, "aaabbb" * 2))
    (row,) = on.found(report, "R2.overlap").itertuples()
    assert row.value == pytest.approx(1500.0)
    assert "310116113001002" in row.message_en


def test_a_unit_on_top_of_another_grid_is_an_overlap(on: Any) -> None:
    units = on.units(6, shapes={5: shapely.box(0, 0, 100, 100)})
    report = on.judge(on.plan(units, "aaabbb"))
    assert on.found(report, "R2.overlap")["value"].tolist() == [10_000.0]
    assert on.found(report, "R2.gap")["value"].tolist() == [10_000.0]


@pytest.mark.parametrize(
    ("width", "severity"),
    [(0.0005, {"info"}), (0.009, {"info"}), (0.02, {"hard"}), (1e-7, set())],
)
def test_slivers_are_told_and_noise_is_not(on: Any, width: float, severity: set[str]) -> None:
    units = on.units(6, shapes={5: shapely.box(500, 0, 600 - width, 100)})
    report = on.judge(on.plan(units, "aaabbb"))
    assert set(on.found(report, "R2.gap")["severity"]) == severity
    assert report.is_lawful == (severity != {"hard"})


def test_a_small_square_gap_is_a_sliver_below_one_square_metre(on: Any) -> None:
    for side, severity in ((0.9, "info"), (1.1, "hard")):
        hole = shapely.box(540, 40, 540 + side, 40 + side)
        units = on.units(6, shapes={5: shapely.difference(shapely.box(500, 0, 600, 100), hole)})
        (row,) = on.found(on.judge(on.plan(units, "aaabbb")), "R2.gap").itertuples()
        assert row.severity == severity
        assert row.value == pytest.approx(side**2)


def test_streets_that_were_bridged_are_declared(on: Any) -> None:
    units = on.units(6, shapes={1: shapely.box(110, 0, 200, 100)})
    plan = on.plan(units, "aaabbb")
    report = on.judge(plan, graph=build_graph(units, bridge_m=20))
    assert on.found(report, "R2.gap")["severity"].tolist() == ["info"]
    assert on.found(report, "R3.parts").empty
    assert on.found(report, "R3.bridged")["value"].tolist() == [1.0]
    unbridged = on.judge(plan)
    assert on.found(unbridged, "R2.gap")["severity"].tolist() == ["hard"]


def test_a_jurisdiction_without_units_is_a_gap(on: Any) -> None:
    units = on.two_places(6)
    only_west = type(units)(units.frame.iloc[:3], units.jurisdictions)
    report = on.judge(on.plan(only_west, "aaa"))
    (row,) = on.found(report, "R2.gap").itertuples()
    assert (row.jurisdiction, row.value) == ("310116113002", 30_000.0)


def test_every_unit_without_a_grid_is_named(on: Any) -> None:
    report = on.judge(on.plan(on.units(6, households=[1, 2, 3, 4, 5, 6]), "a.a.bb"))
    rows = on.found(report, "R2.unassigned")
    assert rows["unit"].tolist() == ["u01", "u03"]
    assert rows["value"].tolist() == [2.0, 4.0]
    assert report.totals["n_unassigned"] == 2


def test_corner_contact_is_no_contact(on: Any) -> None:
    report = on.judge(on.plan(on.units(2, 2), "abba"))
    assert on.found(report, "R3.parts")["value"].tolist() == [2.0, 2.0]
    assert on.found(report, "R3.parts")["limit"].tolist() == [1.0, 1.0]


def test_an_island_of_the_jurisdiction_is_declared_but_a_torn_grid_on_it_is_not(on: Any) -> None:
    island = shapely.box(1000, 0, 1100, 100)
    main = shapely.box(0, 0, 500, 100)
    units = on.units(6, shapes={5: island}, boundary=shapely.MultiPolygon([main, island]))
    declared = on.found(on.judge(on.plan(units, "aaabbb")), "R3.parts")
    assert declared["severity"].tolist() == ["info"]
    assert declared.geometry.iloc[0].equals(island)
    torn = on.found(on.judge(on.plan(units, "babbba")), "R3.parts")  # b: u00, u02–u04; a: u01 and the island
    assert torn["severity"].tolist() == ["info", "hard"]


def walk(letters: str, columns: int) -> dict[str, int]:
    """Number of parts of each letter, by filling squares one after the other."""
    left, parts = set(range(len(letters))), dict.fromkeys(letters, 0)
    while left:
        todo = [left.pop()]
        parts[letters[todo[0]]] += 1
        while todo:
            n = todo.pop()
            x, y = n % columns, n // columns
            for other, real in ((n - 1, x > 0), (n + 1, x < columns - 1), (n - columns, y > 0), (n + columns, True)):
                if real and other in left and letters[other] == letters[n]:
                    left.remove(other)
                    todo.append(other)
    return parts


def test_parts_agree_with_a_walk_over_the_squares(on: Any) -> None:
    random = np.random.default_rng(7)
    units = on.units(4, 3)
    graph = build_graph(units)
    for _ in range(60):
        letters = "".join(random.choice(list("abc"), 12))
        report = on.judge(on.plan(units, letters), graph=graph)
        assert report.grids["parts"].tolist() == [n for _, n in sorted(walk(letters, 4).items())]
