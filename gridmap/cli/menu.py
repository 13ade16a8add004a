"""What `gridmap services menu` shows: what people in a grid can order, and who offers it."""

from __future__ import annotations

import pandas as pd

from gridmap.cli.kept import Asked, Kept, kept, note_synthetic, wanted_grids
from gridmap.cli.life import grid_of_point, need
from gridmap.cli.screen import Screen
from gridmap.cli.tables import Headings, check_out, show_frame, write_frame
from gridmap.life.services import department_items, menu_of
from gridmap.model.text import Text


def show_menu(asked: Asked, grid: str | None, out: str | None, screen: Screen, *, force: bool) -> None:
    """What is on offer in a grid, or departments by items.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        need(at, "service_item", "services")
        if grid is not None:
            code = wanted_grids(at, grid, None)[0]
            table = menu_of(at.records, at.plan, code, at.day, grid_of_point=grid_of_point(at))
            table = table.reset_index(names="item")
            heads: Headings = {
                "item": Text("编号", "item"),
                "title": Text("服务事项", "service"),
                "departments": Text("部门", "departments"),
                "times": Text("时间", "times"),
            }
            title = Text(f"网格 {code} 可点的服务", f"On offer in grid {code}")
            note_synthetic(at, screen)
            show_frame(screen, at, table, heads, title=title, out=out)
        else:
            note_synthetic(at, screen)
            _show_departments(at, out, screen)


def _show_departments(at: Kept, out: str | None, screen: Screen) -> None:
    """Departments by items: as a list on the screen, which is too narrow for the matrix that goes into a file."""
    matrix = department_items(at.records, at.day)
    names = at.records.of("service_item").set_index("item_id")["title"].to_dict()
    titles = [names[i] for i in matrix.columns]
    comma = screen.words("、", ", ")
    which = [comma.join(f"{t} {n}" for t, n in zip(titles, row, strict=True) if n) for row in matrix.to_numpy()]
    table = pd.DataFrame({"department": matrix.index, "items": (matrix > 0).sum(axis=1).to_numpy(), "which": which})
    department = Text("部门", "department")
    heads: Headings = {
        "department": department,
        "items": Text("事项数", "items"),
        "which": Text("事项和安排数", "which, and how many offers of each"),
    }
    title = Text(f"{len(matrix)} 个部门 × {len(names)} 项服务", f"{len(matrix)} departments × {len(names)} items")
    show_frame(screen, at, table, heads, title=title)
    if out is not None:
        own: Headings = {"department": department, **{str(i): Text(t, t) for i, t in names.items()}}
        write_frame(screen, at, matrix.reset_index(), own, title=title, out=out)
