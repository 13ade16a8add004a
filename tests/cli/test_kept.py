"""Which plan a command takes where none is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gridmap.cli.kept import _without_proposals
from gridmap.storage.entries import PlanEntry

Run = Callable[..., Any]


def plan(number: int, state: str, source: int | None = None) -> PlanEntry:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return PlanEntry(number, 1, "镇", 1, f"P{number}", state, 1, None, None, 0.0, source, source and 1, "王芳", at)


@pytest.mark.parametrize(
    ("plans", "meant"),
    [
        ((plan(1, "draft"),), (1,)),
        ((plan(1, "draft"), plan(2, "draft", 1)), (1,)),
        ((plan(1, "approved"), plan(2, "draft", 1), plan(3, "draft", 2)), (1,)),
        ((plan(1, "draft"), plan(2, "checked", 1)), (1, 2)),  # a branch that was judged is no mere proposal
        ((plan(1, "draft"), plan(2, "draft")), (1, 2)),
        ((plan(1, "retired"), plan(2, "draft", 1)), (1, 2)),  # the branch is what follows
        ((plan(1, "retired"),), (1,)),
    ],
)
def test_a_draft_branch_is_not_meant_where_its_plan_is(plans: tuple[PlanEntry, ...], meant: tuple[int, ...]) -> None:
    assert tuple(e.id for e in _without_proposals(list(plans))) == meant


@pytest.mark.database
def test_where_several_could_be_meant_the_way_out_is_said(
    gridmap_: Run, keep: Callable[[Path, str, str], tuple[str, ...]], plan_file: Path
) -> None:
    keep(plan_file, "甲镇", "2026")
    keep(plan_file, "乙镇", "2026")
    said = gridmap_("points", "check", "--day", "1999-01-01")
    assert said.code == 2
    assert "请用 --plan 指定；有生效方案时不必指定：gridmap store enforce 方案 --from 日期" in said.err
