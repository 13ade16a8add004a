"""The sentences of the residential search: why this k, which exception, what was joined to what."""

from __future__ import annotations

from collections.abc import Sequence

from gridmap.model.text import Text


def parts(n_parts: int, n_ferries: int) -> Text:
    """The jurisdiction lies in several parts."""
    return Text(
        f"辖区由 {n_parts} 个互不相连的部分组成；其中 {n_ferries} 处因相距很近或单独无法依规划分，"
        "与最近的部分一并考虑。",
        f"The jurisdiction lies in {n_parts} parts; {n_ferries} of them lie near by or cannot be divided lawfully by "
        "themselves and are considered together with the nearest part.",
    )


def chosen_k(total: int, k: int, nearest: int, others: Sequence[int]) -> Text:
    """Why an area is divided into k grids."""
    zh = f"共 {total} 户，划为 {k} 个网格，平均 {total / k:.0f} 户"
    en = f"{total} households are divided into {k} {'grid' if k == 1 else 'grids'} of {total / k:.0f} on average"
    if k != nearest:
        zh += f"（{nearest} 个更接近目标，但不在允许范围内）"
        en += f" ({nearest} would be nearer the target but lies outside the band)"
    if others:
        listed_zh = "、".join(str(o) for o in others)
        listed_en = ", ".join(str(o) for o in others)
        zh += f"；{listed_zh} 个也可行"
        en += f"; {listed_en} would also be lawful"
    return Text(zh + "。", en + ".")


def dead_zone(total: int, k: int, zone: tuple[int, int] | None, lower: int, upper: int) -> Text:
    """No number of grids is legal for this many households."""
    if zone is None:
        return Text(f"共 {total} 户，划为 {k} 个网格。", f"{total} households are divided into {k} grids.")
    below, above = zone
    return Text(
        f"共 {total} 户，无论划几个网格都不能全部落在 {lower}–{upper} 户之间"
        f"（最接近的可行总户数为 {f'{below} 或 ' if below else ''}{above} 户）；按最接近的方案划为 {k} 个网格，"
        f"平均 {total / k:.0f} 户，列为例外。",
        f"{total} households cannot be divided into grids of {lower} to {upper} whatever their number "
        f"(the nearest divisible totals are {f'{below} and ' if below else ''}{above}); the nearest plan is {k} "
        f"{'grid' if k == 1 else 'grids'} of {total / k:.0f} on average, named as an exception.",
    )


def in_dead_zone(households: int, total: int, k: int, zone: tuple[int, int] | None) -> Text:
    """A grid outside the band because its area lies in a dead zone."""
    nearest = "" if zone is None else f"{f'{zone[0]}/' if zone[0] else ''}{zone[1]}"
    return Text(
        f"本格 {households} 户：所在片区共 {total} 户，任何划法都不能使各格达标，按最接近的 {k} 个网格均分"
        f"（片区总户数为 {nearest} 户时方可达标）。",
        f"{households} households: its area of {total} has no lawful division; it is shared evenly by {k} "
        f"{'grid' if k == 1 else 'grids'} (a total of {nearest} could be divided).",
    )


def too_small(total: int, lower: int) -> Text:
    """An area with fewer households than one grid needs."""
    return Text(
        f"片区仅 {total} 户，不足一个网格的下限 {lower} 户，整片设为一个网格。",
        f"The area has only {total} households, fewer than the {lower} of the smallest grid; it is one grid.",
    )


def oversized(name: str, households: int, upper: int) -> Text:
    """A unit that is larger than a grid may be."""
    return Text(
        f"{name} 一处即有 {households} 户，超过上限 {upper} 户；楼栋不可拆分，单独设格。",
        f"{name} alone has {households} households, over the limit of {upper}; "
        "it cannot be cut and is a grid of its own.",
    )


def dedicated(name: str) -> Text:
    """A dedicated grid has no household bound."""
    return Text(f"{name}：专属网格，不设户数范围。", f"{name}: a dedicated grid, without a household bound.")


def locked(households: int) -> Text:
    """A locked grid outside the band."""
    return Text(
        f"网格已锁定，保持原状（{households} 户）。",
        f"The grid is locked and stays as it is ({households} households).",
    )


def attached(names: str, households: int) -> Text:
    """A small part was joined to a grid that is an exception anyway."""
    return Text(
        f"{names}（{households} 户）被特设网格隔断，不足半格，并入相邻的特设网格。",
        f"{names} ({households} households) are cut off by a grid set apart and too few for half a grid; "
        "they join that neighbour.",
    )


def no_better(households: int, heaviest: str, weight: int, *, proven: bool) -> Text:
    """A grid outside the band although the numbers alone would allow better."""
    if proven:
        zh, en = "已证明在连片且不拆分楼栋的条件下无法做到更好", "proven: no contiguous plan of whole units does better"
    else:
        zh, en = "搜索未找到更好的划法（未证明）", "the search found nothing better (not proven)"
    return Text(
        f"本格 {households} 户；{zh}。其中最大的单元 {heaviest} 有 {weight} 户。",
        f"{households} households; {en}. Its heaviest unit is {heaviest} with {weight} households.",
    )


def in_parts(n_parts: int) -> Text:
    """A grid in several parts because the jurisdiction is."""
    return Text(
        f"辖区本身不相连（岛屿或飞地），本格由 {n_parts} 个部分组成。",
        f"The jurisdiction itself is not connected (island or exclave); this grid has {n_parts} parts.",
    )
