"""What a person sees while a command runs: progress, sentences, tables; nothing but errors when quiet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Real
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from gridmap.errors import InvalidInput
from gridmap.model.text import Language, Text

#: The stages of a run as they are named on the screen.
STAGES = {
    "read": Text("读取数据", "reading"),
    "cells": Text("生成单元", "making units"),
    "graph": Text("建立邻接关系", "building the graph"),
    "partition": Text("划分网格", "dividing"),
    "check": Text("检查方案", "checking"),
    "write": Text("写出文件", "writing"),
    "map": Text("绘制地图", "drawing the map"),
    "reach": Text("计算服务覆盖", "computing reach"),
    "site": Text("选址", "siting"),
}


#: Characters in a line of a table that goes into a file or a pipe.
_WIDTH_OF_FILES: Final = 160


class Screen:
    """Standard output for results, standard error for progress.

    Parameters
    ----------
    lang : str
        ``zh`` or ``en``.
    quiet : bool
        Print nothing.

    Raises
    ------
    InvalidInput
        If the language is another.
    """

    def __init__(self, lang: str = "zh", *, quiet: bool = False) -> None:
        if lang not in ("zh", "en"):
            raise InvalidInput(f"--lang is zh or en; got {lang!r}", f"--lang 应为 zh 或 en；得到 {lang!r}")
        self.lang: Language = "zh" if lang == "zh" else "en"
        self.quiet = quiet
        self.out = Console(quiet=quiet, highlight=False, soft_wrap=True)
        if not self.out.is_terminal:  # in a file or a pipe nothing folds a code of fifteen digits
            self.out.width = _WIDTH_OF_FILES
        self.err = Console(stderr=True, quiet=quiet, highlight=False)

    def say(self, text: Text, style: str = "") -> None:
        """One sentence."""
        self.out.print(escape(text.in_language(self.lang)), style=style or None)

    def words(self, zh: str, en: str) -> str:
        """The words in the language of the screen."""
        return zh if self.lang == "zh" else en

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A small table; numbers stand to the right."""
        table = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
        for i, name in enumerate(columns):
            cells = [r[i] for r in rows if r[i] != ""]
            numeric = bool(cells) and all(isinstance(c, Real) for c in cells)
            table.add_column(name, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(escape(str(v)) for v in row))
        self.out.print(table)

    @contextmanager
    def progress(self, total_areas: int = 0) -> Iterator[Steps]:
        """A line of progress on standard error, shown only on a terminal."""
        shown = self.err.is_terminal and not self.quiet
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.err,
            transient=True,
            disable=not shown,
        ) as bar:
            yield Steps(self, bar, bar.add_task("", total=total_areas or None))


class Steps:
    """The moving line: which stage runs, and how many areas are done."""

    def __init__(self, screen: Screen, bar: Progress, task: TaskID) -> None:
        self._screen, self._bar, self._task = screen, bar, task

    def stage(self, key: str) -> None:
        """A stage begins."""
        self._bar.update(self._task, description=STAGES[key].in_language(self._screen.lang))

    def expect(self, total: int) -> None:
        """So many areas are to come."""
        self._bar.update(self._task, total=total)

    def at(self, done: int) -> None:
        """So many are done by now."""
        self._bar.update(self._task, completed=done)

    def area_done(self, _name: str, _result: object) -> None:
        """One area is done."""
        self._bar.advance(self._task)
