"""Tables on the screen and the same tables in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from gridmap.cli.kept import Kept
from gridmap.cli.outputs import check_outputs
from gridmap.cli.screen import Screen
from gridmap.errors import InvalidInput
from gridmap.model.register import Choice
from gridmap.model.text import Text
from gridmap.reports.plain_table import plain_cell, write_table

#: So many rows are shown on the screen; ``--out`` writes all.
MOST_ROWS: Final = 60

#: Column of a frame → its heading.
Headings = Mapping[str, Text]


def check_out(out: str | None, *, force: bool) -> None:
    """Refuse a table that could not be written, before anything is computed.

    Raises
    ------
    InvalidInput
        If the name ends otherwise than .csv or .xlsx.
    OutputError
        If the file exists and `force` is not set, or cannot be written.
    """
    if out is None:
        return
    ending = next((e for e in (".csv", ".xlsx") if out.lower().endswith(e)), None)
    if ending is None:
        raise InvalidInput(f"{out}: the name must end in .csv or .xlsx", f"{out}：文件名应以 .csv 或 .xlsx 结尾。")
    check_outputs({out: ending}, (), force=force)


def show_frame(
    screen: Screen, at: Kept, frame: pd.DataFrame, headings: Headings, *, title: Text, out: str | None = None
) -> None:
    """Print the columns that have a heading, and write every row to `out`.

    Raises
    ------
    OutputError
        If `out` cannot be written.
    """
    heads = [h.in_language(screen.lang) for h in headings.values()]
    table = frame[list(headings)]
    if table.empty:
        name = title.in_language(screen.lang)
        screen.say(Text(f"{name}：没有。", f"{name}: none."))
    rows = [tuple(map(_on_screen, row)) for row in _rows(table.head(MOST_ROWS))]
    if rows:
        screen.table(title.in_language(screen.lang), heads, rows)
    if len(table) > MOST_ROWS and out is None:
        more = len(table) - MOST_ROWS
        screen.say(Text(f"… 另有 {more} 行，可用 --out 写出全部。", f"… {more} more rows; --out writes all."))
    if out is not None:
        write_frame(screen, at, table, headings, title=title, out=out)


def write_frame(screen: Screen, at: Kept, frame: pd.DataFrame, headings: Headings, *, title: Text, out: str) -> None:
    """Write the columns that have a heading.

    Raises
    ------
    OutputError
        If `out` cannot be written.
    """
    heads = [h.in_language(screen.lang) for h in headings.values()]
    write_table(out, frame[list(headings)], heads, title=title.in_language(screen.lang), line=line_of(at, screen))
    screen.say(Text(f"已写出 {out}", f"written: {out}"))


def line_of(at: Kept, screen: Screen) -> str:
    """Town, plan, day, and that the data are synthetic, for above a table in a file."""
    entry = at.stored.entry
    sign = screen.words("【合成数据】", " [synthetic data]") if at.is_synthetic else ""
    return screen.words(
        f"{at.town.name}　方案：{entry.name} 第 {at.stored.version} 版　日期：{at.day}{sign}",
        f"{at.town.name}, plan {entry.name}, version {at.stored.version}, as of {at.day}{sign}",
    )


def in_words(values: Sequence[object] | pd.Series, choices: Mapping[str, Choice], screen: Screen) -> list[str]:
    """The words for the keys of choices; a key that is none stays as it is."""
    return [choices[str(v)].text.in_language(screen.lang) if str(v) in choices else str(v) for v in values]


def place_names(at: Kept, codes: Sequence[object] | pd.Series) -> list[str]:
    """Names of jurisdictions by their codes; the code where one has no name."""
    names = at.plan.units.jurisdictions["name"].astype(str).to_dict()
    return [names.get(c) or str(c) for c in codes]


def percent(values: pd.Series) -> list[str]:
    """Shares as people read them; "—" where there is none."""
    return ["—" if pd.isna(v) else f"{100 * v:.1f} %" for v in values]


def _on_screen(value: object) -> object:
    shown = plain_cell(value)
    if shown is None:
        return ""
    return f"{shown:,.1f}" if isinstance(shown, float) else shown


def _rows(table: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(table.itertuples(index=False, name=None))
