"""The headline table of a plan."""

from __future__ import annotations

import numpy as np

from gridmap.cli.screen import Screen
from gridmap.flow import Planned
from gridmap.model.rules import Rules
from gridmap.model.text import Text

_KINDS = {
    "village": Text("行政村", "villages"),
    "residential_area": Text("居民区", "residential areas"),
    "preparatory_group": Text("筹建组", "preparatory groups"),
}


def print_headline(screen: Screen, planned: Planned, rules: Rules) -> None:
    """Print grids by kind of jurisdiction, the rules kept, and every named exception."""
    plan, report, units = planned.result.plan, planned.report, planned.town.units
    kind_of = units.jurisdictions["kind"]
    kinds = np.asarray(kind_of.loc[list(plan.jurisdiction_of_grid)], dtype=object)
    households = plan.households_of_grid
    sizes = report.grids
    rows: list[tuple[object, ...]] = []
    used = set(units.frame["jurisdiction"])
    for kind, words in _KINDS.items():
        of = kinds == kind
        n_places = int(sum(k == kind and c in used for c, k in kind_of.items()))
        if not n_places:
            continue
        in_band = sizes["in_band"].to_numpy(bool, na_value=False)[of]
        rows.append(
            (words.in_language(screen.lang), n_places, int(of.sum()), int(households[of].sum()), int(in_band.sum()))
        )
    rows.append(
        (
            screen.words("合计", "total"),
            len(used),
            plan.n_grids,
            int(households.sum()),
            int(sum(int(str(r[4])) for r in rows)),
        )
    )
    synthetic = screen.words("（合成数据）", " (synthetic data)") if planned.town.is_synthetic else ""
    title = f"{planned.town.name or screen.words('方案', 'plan')}{synthetic} · {rules.title.in_language(screen.lang)}"
    screen.table(
        title,
        screen.words("类别,村居,网格,户数,在规定范围内", "kind,jurisdictions,grids,households,in band").split(","),
        rows,
    )
    _rules_kept(screen, planned)
    if plan.exceptions:
        screen.table(
            screen.words(f"具名例外 {len(plan.exceptions)} 处", f"{len(plan.exceptions)} named exceptions"),
            screen.words("网格,规则,原因", "grid,rule,reason").split(","),
            [(e.grid, e.rule, e.text.in_language(screen.lang)) for e in sorted(plan.exceptions, key=lambda e: e.grid)],
        )


def _rules_kept(screen: Screen, planned: Planned) -> None:
    report, areas = planned.report, planned.result.areas
    broken = sorted(set(report.broken["check"]))
    proven = sum(a.status == "OPTIMAL" for a in areas)
    total = report.totals
    if broken:
        screen.say(Text(f"未满足的硬性规则：{'、'.join(broken)}", f"hard rules broken: {', '.join(broken)}"), "bold")
    else:
        screen.say(
            Text(
                "硬性规则 R1–R6、R10、R12 全部满足（例外已具名）。",
                "All hard rules R1–R6, R10 and R12 are kept (exceptions are named).",
            )
        )
    screen.say(
        Text(
            f"{len(areas)} 个村居中 {proven} 个已证明最优；±10 % 以内 {_percent(total['share_within_10_of_ideal'])}，"
            f"平均紧凑度（Polsby–Popper）{total['mean_polsby_popper']:.3f}；种子 {planned.result.seed}，"
            f"用时 {planned.result.seconds:.1f} 秒。",
            f"{proven} of {len(areas)} jurisdictions are proven optimal; "
            f"{_percent(total['share_within_10_of_ideal'])} within ±10 %, mean compactness "
            f"(Polsby–Popper) {total['mean_polsby_popper']:.3f}; seed {planned.result.seed}, "
            f"{planned.result.seconds:.1f} s.",
        )
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
