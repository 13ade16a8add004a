"""How figures stand on the screen."""

from __future__ import annotations

import pytest

from gridmap.cli.figures import _shown
from gridmap.cli.screen import Screen
from gridmap.model.text import Text
from gridmap.reports.figures import Figure, Value


@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        ("zh", ["网格 35.0 %，村居 63.0 %，部门 2.0 %", "36.0 小时", "63.2 %", "1,500 件", "— 未登记"]),
        (
            "en",
            [
                "Grid, on the spot 35.0 %; Village or residential area 63.0 %; Town department 2.0 %",
                "36.0 hours",
                "63.2 %",
                "1,500 issues",
                "— not recorded",
            ],
        ),
    ],
)
def test_figures_on_the_screen(lang: str, wanted: list[str]) -> None:
    nothing = Text("", "")
    values: list[tuple[Value, Text]] = [
        ({"grid": 0.35, "jurisdiction": 0.63, "department": 0.02}, nothing),
        (36.0, Text("小时", "hours")),
        (0.632, nothing),
        (1500, Text("件", "issues")),
        (None, nothing),
    ]
    made = [Figure("k", nothing, value, unit, nothing) for value, unit in values]
    assert [_shown(figure, Screen(lang)) for figure in made] == wanted
