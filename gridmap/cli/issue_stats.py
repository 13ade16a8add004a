"""What the numbers of issues tell: indicators, rates, hot spots, the same history on another plan."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gridmap.cli.issue_kept import Which, about_period, category_name, issues_at, moment, period, policy_at
from gridmap.cli.kept import Asked, Kept, kept, note_synthetic
from gridmap.cli.screen import Screen
from gridmap.cli.tables import Headings, check_out, in_words, percent, place_names, show_frame
from gridmap.errors import InvalidInput
from gridmap.issues.emerging import EMERGING_STATES, emerging_of_grids
from gridmap.issues.hotspots import SPOT_STATES, hotspots_of_grids
from gridmap.issues.indicators import GROUPS, indicators
from gridmap.issues.rates import FUNNEL_STATES, rates_of_grids
from gridmap.issues.replay import replay, replay_members, replay_totals
from gridmap.model.issues import TIERS
from gridmap.model.register import choices
from gridmap.model.text import Text
from gridmap.people.roster import roster_on
from gridmap.storage.entries import find_plan
from gridmap.storage.plans import load_plan

_STATS: Final[Headings] = {
    "of": Text("汇总", "of"),
    "n": Text("问题", "issues"),
    "settled": Text("已处置", "settled"),
    "open": Text("未办结", "open"),
    "overdue": Text("超期", "overdue"),
    "late": Text("逾期办结", "late"),
    "share_grid": Text("网格", "grid"),
    "share_jurisdiction": Text("村居", "jurisdiction"),
    "share_department": Text("部门", "department"),
    "dispose": Text("处置用时（小时，中位）", "hours to dispose, median"),
    "verify": Text("核查用时（小时，中位）", "hours to verify, median"),
    "sent_back": Text("退回", "sent back"),
    "reopened": Text("重开", "reopened"),
}
_PER: Final[Headings] = {
    "rate": Text("每百户", "per 100 households"),
    "interval": Text("95% 区间", "95 % interval"),
}
_REPLAY: Final[Headings] = {
    "grid": Text("网格", "grid"),
    "place": Text("村居", "jurisdiction"),
    "households": Text("户数", "households"),
    "n": Text("问题", "issues"),
    "rate": Text("每百户", "per 100 households"),
    "members": Text("网格员", "members"),
    "issues_per_member": Text("人均问题", "issues per member"),
}
_BEFORE: Final[Headings] = {
    "n_before": Text("现方案问题", "issues before"),
    "change": Text("变化", "change"),
    "code_state": Text("编号", "code"),
}
_MEMBERS: Final[Headings] = {
    "person_id": Text("网格员", "member"),
    "grids": Text("网格", "grids"),
    "issues": Text("问题", "issues"),
    "lost": Text("不再存在的网格", "grids that are gone"),
}
_CODE_STATES: Final = choices(kept=("沿用", "kept"), new=("新增", "new"), retired=("停用", "retired"))


def show_stats(
    asked: Asked, which: Which, by: str, out: str | None, screen: Screen, *, is_recut: bool, force: bool
) -> None:
    """Indicators of the town, or a row a grid, jurisdiction, month, category or tier.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    if by not in GROUPS:
        raise InvalidInput(
            f"--by is one of {', '.join(GROUPS)}; got {by}", f"--by 应为 {'、'.join(GROUPS)} 之一；得到 {by}。"
        )
    if is_recut and by not in ("grid", "jurisdiction"):
        raise InvalidInput(
            f"--recut counts by place: it goes with --by grid or --by jurisdiction, not {by}",
            f"--recut 按位置重新划归，只能与 --by grid 或 --by jurisdiction 同用；现为 --by {by}。",
        )
    with kept(asked) as at:
        policy = policy_at(at)
        issues = issues_at(at, which, policy)
        first, last = period(at, which)
    table = indicators(
        issues,
        by=by,  # type: ignore[arg-type]  # looked at above
        at=moment(at),
        first=first,
        last=last,
        plan=at.plan,
        by_place_of=at.plan if is_recut else None,
    )
    table = table.rename_axis("of").reset_index()
    if by == "jurisdiction":
        table["of"] = place_names(at, table["of"])
    elif by == "category":
        table["of"] = [category_name(policy, key, screen) for key in table["of"]]
    elif by == "tier":
        named = in_words(table["of"], TIERS, screen)
        table["of"] = [name or screen.words("（层级未知）", "(tier not known)") for name in named]
    elif by == "town":
        table["of"] = at.town.name
    if by in ("grid", "jurisdiction"):
        table["of"] = [name or screen.words("（不在网格内）", "(in no grid)") for name in table["of"]]
    table = table.assign(
        dispose=table["dispose_hours_median"].round(1),
        verify=table["verify_hours_median"].round(1),
        **{f"share_{tier}": percent(table[f"share_{tier}"]) for tier in TIERS},
    )
    heads = dict(_STATS)
    if "rate" in table:
        table = table.assign(rate=table["rate"].round(2), interval=_intervals(table["low"], table["high"]))
        heads |= _PER
    note_synthetic(at, screen)
    about_period(at, which, issues, policy, screen)
    show_frame(screen, at, table, heads, title=Text("处置指标", "Indicators"), out=out)


def show_rates(asked: Asked, which: Which, out: str | None, screen: Screen, *, force: bool) -> None:
    """Issues per 100 households of each grid, the highest smoothed rate first.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        policy = policy_at(at)
        issues = issues_at(at, which, policy)
    table = rates_of_grids(issues, at.plan, policy)
    table = _of_grids(at, table).sort_values(["is_few", "smoothed"], ascending=[True, False], kind="stable")
    table = table.assign(
        rate=table["rate"].round(2),
        smoothed=table["smoothed"].round(2),
        expected=table["expected"].round(1),
        interval=_intervals(table["low"], table["high"]),
        said=in_words(table["funnel"], FUNNEL_STATES, screen),
    )
    heads: Headings = {
        "grid": Text("网格", "grid"),
        "place": Text("村居", "jurisdiction"),
        "households": Text("户数", "households"),
        "n": Text("问题", "issues"),
        "expected": Text("按全镇应有", "expected"),
        "rate": Text("每百户", "per 100 households"),
        "interval": Text("95% 区间", "95 % interval"),
        "smoothed": Text("平滑后", "smoothed"),
        "said": Text("判断", "what it tells"),
    }
    note_synthetic(at, screen)
    about_period(at, which, issues, policy, screen)
    show_frame(screen, at, table, heads, title=Text("每百户问题率", "Issues per 100 households"), out=out)
    _say_funnel(table["funnel"], policy.fewest, screen)


def _say_funnel(funnel: pd.Series, fewest: int, screen: Screen) -> None:
    n = funnel.value_counts()
    high, low, few = (int(n.get(k, 0)) for k in ("high", "low", "few"))
    screen.say(
        Text(
            f"不像偶然的：偏高 {high} 个、偏低 {low} 个；少于 {fewest} 件、说不准的 {few} 个。"
            "界线已按网格数放宽：各格并无差别时，二十张图中至多一张有网格越界。连同邻格看：gridmap issues hotspots。",
            f"more than chance: {high} above, {low} below; {few} with fewer than {fewest} issues are too few to tell. "
            "The limits are set for all grids together: of twenty maps of a town without any difference one at most "
            "has a grid outside. Grids with their neighbours: gridmap issues hotspots.",
        )
    )


def show_hotspots(asked: Asked, which: Which, level: float, out: str | None, screen: Screen, *, force: bool) -> None:
    """Grids that, with their neighbours, have more or fewer issues than chance explains.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        policy = policy_at(at)
        issues = issues_at(at, which, policy)
    found = _of_grids(at, hotspots_of_grids(issues, at.plan, policy, level=level))
    n_spots = {state: int((found["state"] == state).sum()) for state in ("hot", "cold", "few")}
    shown = found if out is not None else found[found["state"].isin(["hot", "cold"])]
    shown = shown.sort_values(["state", "q_hot"], ascending=[False, True], kind="stable")
    shown = shown.assign(
        expected=shown["expected"].round(1),
        g_star=shown["g_star"].round(2),
        q=shown[["q_hot", "q_cold"]].min(axis=1).map(lambda q: "" if pd.isna(q) else f"{q:.3g}"),
        said=in_words(shown["state"], SPOT_STATES, screen),
    )
    heads: Headings = {
        "grid": Text("网格", "grid"),
        "place": Text("村居", "jurisdiction"),
        "households": Text("户数", "households"),
        "n": Text("问题", "issues"),
        "expected": Text("按全镇应有", "expected"),
        "g_star": Text("Gi*", "Gi*"),
        "q": Text("校正后的 q 值", "q (false discovery rate)"),
        "said": Text("判断", "what it is"),
    }
    note_synthetic(at, screen)
    about_period(at, which, issues, policy, screen)
    show_frame(screen, at, shown, heads, title=Text("热点与冷点", "Hot and cold spots"), out=out)
    if not n_spots["hot"] + n_spots["cold"] and n_spots["few"] > len(found) / 2:
        screen.say(
            Text(
                f"多数网格少于 {policy.fewest} 件，看不出差别；请放宽时段或类别。",
                f"most grids have fewer than {policy.fewest} issues, so that no difference can be seen; take a longer "
                "period or more categories.",
            )
        )
    screen.say(
        Text(
            f"热点 {n_spots['hot']} 个、冷点 {n_spots['cold']} 个（误报比例控制在 {level:.0%}）；"
            f"{n_spots['few']} 个网格太少，说不准。"
            "热点是指该网格连同相邻网格一起看，超出偶然。",
            f"{n_spots['hot']} hot and {n_spots['cold']} cold spots, with at most {level:.0%} false discoveries; "
            f"{n_spots['few']} grids are too few to tell. A spot is a grid together with its neighbours.",
        )
    )


def show_emerging(asked: Asked, which: Which, level: float, out: str | None, screen: Screen, *, force: bool) -> None:
    """How hot spots come and go over the months.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        policy = policy_at(at)
        issues = issues_at(at, which, policy)
        first, last = period(at, which)
    assert first is not None
    assert last is not None
    found = _of_grids(at, emerging_of_grids(issues, at.plan, policy, first=first, last=last, level=level))
    shown = found if out is not None else found[~found["state"].isin(["none", "few", "no_households"])]
    shown = shown.assign(
        months=[" ".join(str(n) for n in row) for row in shown["n"]],
        z=shown["trend_z"].round(2),
        said=in_words(shown["state"], EMERGING_STATES, screen),
    )
    heads: Headings = {
        "grid": Text("网格", "grid"),
        "place": Text("村居", "jurisdiction"),
        "months": Text("逐月问题数", "issues by month"),
        "z": Text("趋势 z", "trend z"),
        "said": Text("判断", "what it is"),
    }
    note_synthetic(at, screen)
    about_period(at, which, issues, policy, screen)
    show_frame(screen, at, shown, heads, title=Text("热点演变", "Emerging hot spots"), out=out)


def show_replay(
    proposed: str,
    before: str | None,
    day: str | None,
    which: Which,
    out: str | None,
    screen: Screen,
    *,
    is_by_member: bool,
    force: bool,
) -> None:
    """The issues of the period on a proposed plan: work per grid, or per member.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(Asked(proposed, None, day)) as at:
        policy = policy_at(at)
        issues = issues_at(at, which, policy)
        now = None
        if before is not None:
            now = load_plan(at.store, find_plan(at.store, before).id).plan
        first, last = period(at, which)
    assert first is not None
    assert last is not None
    held = roster_on(at.records, at.plan if now is None else now, at.day).held("grid_member")
    table = replay(issues, at.plan, held.groupby("grid").size(), first=first, last=last, before=now)
    note_synthetic(at, screen)
    about_period(at, which, issues, policy, screen)
    if is_by_member:
        people = replay_members(table, held).reset_index()
        people = people.assign(issues=people["issues"].round(1))
        show_frame(screen, at, people, _MEMBERS, title=Text("每名网格员的工作量", "Work per member"), out=out)
        return
    heads = _REPLAY if now is None else {**_REPLAY, **_BEFORE}
    shown = _of_grids(at, table)
    shown = shown.assign(
        grid=[code or screen.words("（不在网格内）", "(in no grid)") for code in shown["grid"]],
        rate=shown["rate"].round(2),
        issues_per_member=shown["issues_per_member"].round(1),
        **{name: shown[name].round().astype("Int64") for name in ("households", "members")},
    )
    if now is not None:
        moved = shown["change"].abs().fillna(shown["n"]).fillna(shown["n_before"])
        shown = shown.loc[moved.sort_values(ascending=False, kind="stable").index]
        shown = shown.assign(code_state=in_words(shown["code_state"], _CODE_STATES, screen))
    show_frame(screen, at, shown, heads, title=Text("工作量推演", "Replay"), out=out)
    _say_evenness(table, screen)


def _say_evenness(table: pd.DataFrame, screen: Screen) -> None:
    for column, zh, en in (("n", "拟用方案", "proposed"), ("n_before", "现行方案", "in use")):
        if column in table:
            of = replay_totals(table, column)
            screen.say(
                Text(
                    f"{zh}：每格平均 {of['mean']:.1f} 件，最多 {of['max']:.0f} 件；离散系数 {of['variation']:.2f}"
                    f"（单凭偶然约 {of['variation_by_chance']:.2f}）。",
                    f"{en}: {of['mean']:.1f} issues a grid, {of['max']:.0f} at most; variation {of['variation']:.2f} "
                    f"({of['variation_by_chance']:.2f} by chance alone).",
                )
            )


def _of_grids(at: Kept, table: pd.DataFrame) -> pd.DataFrame:
    """With the grid as a column, and the name of its jurisdiction."""
    named = table.rename_axis("grid").reset_index()
    home = at.plan.home_of_grid
    return named.assign(place=place_names(at, [home.get(code, "") for code in named["grid"]]))


def _intervals(low: pd.Series, high: pd.Series) -> list[str]:
    return ["—" if pd.isna(a) else f"{a:.1f} – {b:.1f}" for a, b in zip(low, high, strict=True)]
