"""What only a plan drawn elsewhere can break: its polygons cut units, overlap, leave gaps or stand empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gridmap.check.case import Case
from gridmap.model.finding import Row
from gridmap.model.text import Text


def _notes(case: Case, kind: str) -> Iterator[Any]:
    assert case.drawn is not None
    yield from case.drawn[case.drawn["kind"] == kind].itertuples()


def _of_plan(case: Case, code: str) -> str:
    return code if code in case.plan.codes else ""


def polygons_inside(case: Case) -> list[Row]:
    """R1: drawn polygons that reach beyond the boundary of their jurisdiction."""
    return [
        Row(
            Text(
                f"网格图形有 {note.area_m2:,.2f} m² 超出所属村居界线",
                f"{note.area_m2:,.2f} m² of the drawn polygon lie outside its jurisdiction",
            ),
            grid=note.grid,
            value=note.area_m2,
            limit=0.0,
            geometry=note.geometry,
            severity="info" if note.is_sliver else "",
        )
        for note in _notes(case, "outside")
    ]


def polygons_apart(case: Case) -> list[Row]:
    """R2: drawn polygons that overlap."""
    return [
        Row(
            Text(
                f"图形 {note.grid} 与 {note.other} 重叠 {note.area_m2:,.2f} m²",
                f"The drawn polygons {note.grid} and {note.other} overlap by {note.area_m2:,.2f} m²",
            ),
            grid=_of_plan(case, note.grid),
            value=note.area_m2,
            limit=0.0,
            geometry=note.geometry,
            severity="info" if note.is_sliver else "",
        )
        for note in _notes(case, "overlap")
    ]


def polygons_cover(case: Case) -> list[Row]:
    """R2: ground of a jurisdiction that no drawn polygon covers."""
    return [
        Row(
            Text(
                f"{note.jurisdiction} 有 {note.area_m2:,.2f} m² 未被网格图形覆盖",
                f"{note.area_m2:,.2f} m² of {note.jurisdiction} lie in no drawn polygon",
            ),
            jurisdiction=note.jurisdiction,
            value=note.area_m2,
            limit=0.0,
            geometry=note.geometry,
            severity="info" if note.is_sliver else "",
        )
        for note in _notes(case, "gap")
    ]


def polygons_hold_units(case: Case) -> list[Row]:
    """R2: drawn polygons that hold no unit; the plan has no grid of that code."""
    return [
        Row(
            Text(
                f"图形 {note.grid} 内没有单元，方案中不设该网格",
                f"The drawn polygon {note.grid} holds no unit: the plan has no such grid",
            ),
            value=0.0,
            limit=1.0,
            geometry=note.geometry,
        )
        for note in _notes(case, "empty_grid")
    ]


def units_whole(case: Case) -> list[Row]:
    """R6: units (buildings, villager groups) that the border of a drawn polygon cuts."""
    return [
        Row(
            Text(
                f"单元 {note.unit} 被网格边界切开，{note.share:.1%} 在网格 {note.grid} 内，已整体划入",
                f"Unit {note.unit} is cut by the border of a grid: {note.share:.1%} of it lie in {note.grid}, "
                "to which it was given whole",
            ),
            grid=note.grid,
            unit=note.unit,
            value=note.share * 100,
            limit=100.0,
            geometry=note.geometry,
        )
        for note in _notes(case, "cut_unit")
    ]


def codes_unique(case: Case) -> list[Row]:
    """R10: codes that stand on several drawn polygons."""
    return [
        Row(
            Text(
                f"编号 {note.grid} 用于 {note.count} 个图形，已合并为一个网格",
                f"Code {note.grid} stands on {note.count} polygons, which were taken as one grid",
            ),
            grid=_of_plan(case, note.grid),
            value=float(note.count),
            limit=1.0,
            geometry=note.geometry,
        )
        for note in _notes(case, "repeated_code")
    ]
