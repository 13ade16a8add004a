"""Why a village has the grids it has: exceptions and explanation in both languages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.measure.size import legal_counts
from gridmap.model.rules import Profile
from gridmap.model.text import Text
from gridmap.model.units import Units
from gridmap.partition.area import AreaException
from gridmap.partition.rural_part import Odd

#: Names listed in a sentence before it says how many there are.
_NAMES: int = 6


@dataclass(frozen=True, eq=False)
class Ground:
    """What the reasons are read from.

    Attributes
    ----------
    units : Units
        The n units of the village.
    profile : Profile
    part_units : ndarray of int64, shape (n,)
        Number of units that each unit can reach, itself included, without ferries and without locked grids.
    beside_locked : ndarray of bool, shape (n,)
        Whether a neighbour of the unit lies in a locked grid.
    is_proven : bool
        Whether no plan has fewer exceptions.
    """

    units: Units
    profile: Profile
    part_units: NDArray[np.int64]
    beside_locked: NDArray[np.bool_]
    is_proven: bool


def account(ground: Ground, label: int, members: NDArray[np.int64], odd: Odd) -> AreaException:
    """The exception that a grid is, with its reason.

    Parameters
    ----------
    ground : Ground
    label : int
        Label of the grid.
    members : ndarray of int64
        Its units.
    odd : Odd
        In which way it is one; not NONE.
    """
    reason, why = _reason(ground, members, odd)
    noun = _noun(ground.units)
    names = _names(ground.units, members)
    size, lower, upper = len(members), ground.profile.lower, ground.profile.upper
    if odd == Odd.FERRY:
        text = Text(
            f"网格（{names.zh}）的各部分互不相邻，只能隔水或隔地相连：{why.zh}。",
            f"The grid of {names.en} is in parts that only a ferry or a way over other land joins: {why.en}.",
        )
        return AreaException(label, "R3", reason, text)
    text = Text(
        f"网格（{names.zh}）有{size}个{noun.zh}，规定为{lower}–{upper}个：{why.zh}。",
        f"The grid of {names.en} has {_count(size, noun.en)} where {lower} to {upper} are asked: {why.en}.",
    )
    return AreaException(label, "R4", reason, text)


def _reason(ground: Ground, members: NDArray[np.int64], odd: Odd) -> tuple[str, Text]:
    noun, lower, upper = _noun(ground.units), ground.profile.lower, ground.profile.upper
    part = int(ground.part_units[members].min())
    if odd == Odd.FERRY:
        return "isolated", Text("不这样连接，例外的网格会更多", "without that there would be more exceptions")
    if part < lower:
        return _too_few(ground, members, part)
    if not ground.is_proven:
        return "not_found", Text("在限定时间内没有找到更好的划法", "no better division was found in the time allowed")
    if not legal_counts(part, lower, upper):
        return "parity", Text(
            f"这一片的{part}个{noun.zh}无法按{lower}–{upper}个一组分完",
            f"the {_count(part, noun.en)} of this part cannot be counted out in {lower} to {upper}",
        )
    return "forbidden_by_graph", Text(
        f"这一片{part}个{noun.zh}的相邻关系不允许都按{lower}–{upper}个一组划分",
        f"who borders whom among the {_count(part, noun.en)} of this part does not allow {lower} to {upper} everywhere",
    )


def _too_few(ground: Ground, members: NDArray[np.int64], part: int) -> tuple[str, Text]:
    noun, village = _noun(ground.units), len(ground.units)
    if village < ground.profile.lower:
        return "too_small", Text(f"全村只有{village}个{noun.zh}", f"the whole village has only {village}")
    if ground.beside_locked[members].any():
        return "isolated", Text("与其相邻的都已锁定在其他网格", "its neighbours all lie in locked grids")
    if part == 1:
        return "isolated", Text("与本村其他部分不相邻", "it borders no other part of the village")
    return "too_small", Text(f"与外界不相连的这一片只有{part}个{noun.zh}", f"this separate part has only {part}")


def explain(
    ground: Ground, n_grids: int, n_locked: int, exceptions: tuple[AreaException, ...], *, is_optimal: bool
) -> tuple[Text, ...]:
    """What was done and how sure it is, sentence by sentence.

    Parameters
    ----------
    ground : Ground
    n_grids, n_locked : int
        Grids of the plan, and how many of them were locked.
    exceptions : tuple of AreaException
    is_optimal : bool
        Whether every entry of the objective is proven.
    """
    n, noun, lower, upper = len(ground.units), _noun(ground.units), ground.profile.lower, ground.profile.upper
    said = [
        Text(
            f"{n}个{noun.zh}，每个网格{lower}–{upper}个，划为{n_grids}个网格。",
            f"{_count(n, noun.en)}, {lower} to {upper} a grid, make {_count(n_grids, 'grid')}.",
        )
    ]
    if n_locked:
        said.append(
            Text(f"其中{n_locked}个网格已锁定，保持不变。", f"Locked and left as they are: {n_locked} of them.")
        )
    count = len(exceptions)
    if exceptions and ground.is_proven:
        said.append(
            Text(
                f"已证明：网格不超过{upper + 1}个{noun.zh}时，至少有{count}个例外网格。",
                f"It is proven that every division into grids of at most {upper + 1} "
                f"has at least {_count(count, 'exception')}.",
            )
        )
    elif exceptions:
        said.append(
            Text(
                f"有{count}个例外网格，未证明最少。",
                f"The plan has {_count(count, 'exception')}; that fewer would not do is not proven.",
            )
        )
    if is_optimal:
        said.append(Text("方案已证明最优。", "The plan is proven to be the best."))
    else:
        said.append(Text("方案可行，未证明最优。", "The plan is feasible; that it is the best is not proven."))
    return tuple(said)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _noun(units: Units) -> Text:
    return Text("村民小组", "villager group") if (units.frame["kind"] == "group").all() else Text("单元", "unit")


def _names(units: Units, members: NDArray[np.int64]) -> Text:
    listed = [units.frame["name"].iloc[i] or units.ids[i] for i in members[:_NAMES].tolist()]
    more = len(members) - len(listed)
    return Text(
        "、".join(listed) + (f"等{len(members)}个" if more else ""),
        ", ".join(listed) + (f" and {more} more" if more else ""),
    )
