"""Exceptions that a plan names without need."""

from __future__ import annotations

from gridmap.check import border, change, size, territory, whole
from gridmap.check.case import Case
from gridmap.model.finding import Row
from gridmap.model.text import Text

_CHECKS_OF_RULE = {
    "R1": (territory.one_jurisdiction, territory.inside_boundary),
    "R2": (territory.no_overlap,),
    "R3": (territory.in_one_piece,),
    "R4": (size.units_in_band,),
    "R5": (size.households_in_band, size.households_of_quality),
    "R7": (border.barriers_respected,),
    "R8": (border.compact,),
    "R10": (change.codes_well_formed,),
    "R12": (whole.dedicated_alone,),
}


def needless_exceptions(case: Case) -> list[Row]:
    """exception: named exceptions of grids that keep the rule, left over from an earlier state of the plan."""
    named = {(e.rule, e.grid) for e in case.plan.exceptions if e.rule in _CHECKS_OF_RULE}
    if not case.plan.units.has_households:
        named = {(rule, grid) for rule, grid in named if rule != "R5"}
    # a dedicated grid has no bound to break: its exception says so and is no leftover
    plain = {code for code, dedicated in zip(case.plan.codes, case.is_dedicated, strict=True) if not dedicated}
    named = {(rule, grid) for rule, grid in named if grid in plain}
    broken = {
        (rule, row.grid) for rule in {r for r, _ in named} for find in _CHECKS_OF_RULE[rule] for row in find(case)
    }
    return [
        Row(
            Text(
                f"网格 {grid} 列有 {rule} 例外，但现已符合该规则，可删去",
                f"Grid {grid} has an exception from {rule} but keeps the rule: it can be dropped",
            ),
            grid=grid,
        )
        for rule, grid in sorted(named - broken)
    ]
