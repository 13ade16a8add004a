"""What the checks of the life of the grids are held against, worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from gridmap.model.finding import Row
from gridmap.model.nearest import nearest_code
from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.registers import REGISTERS
from gridmap.model.text import Text


@dataclass(frozen=True, eq=False)
class LifeCase:
    """A plan, what was recorded about its grids, and the day of which it is asked.

    Attributes
    ----------
    plan : Plan
    records : Records
    day : date
    retired : frozenset of str
        Codes of grids that were given up.
    grid_of_point : mapping of str to str, or None
        Id of a point → code of the grid in which it lies.
    """

    plan: Plan
    records: Records
    day: date
    retired: frozenset[str] = frozenset()
    grid_of_point: Mapping[str, str] | None = None

    @property
    def at(self) -> pd.Timestamp:
        """The day, to compare columns with."""
        return pd.Timestamp(self.day)

    def recorded(self, register: str) -> pd.DataFrame | None:
        """The records of a register, None where it was never recorded: what a check needs."""
        return self.records.of(register) if self.records.has(register) else None

    list_item = property(lambda self: self.recorded("list_item"))
    list_adoption = property(lambda self: self.recorded("list_adoption"))
    list_change = property(lambda self: self.recorded("list_change"))
    branch = property(lambda self: self.recorded("branch"))
    in_service = property(lambda self: self.recorded("in_service"))
    activity = property(lambda self: self.recorded("activity"))
    deliberation = property(lambda self: self.recorded("deliberation"))
    service_offer = property(lambda self: self.recorded("service_offer"))
    service_order = property(lambda self: self.recorded("service_order"))

    def grids_unknown(self, register: str, column: str = "grid", *, of_the_past: bool = False) -> list[Row]:
        """A row for each record that names a grid which the plan does not have.

        A grid that was given up is no fault in a record of the past (info); in one that holds today it is (soft).

        Parameters
        ----------
        register : str
        column : str
            Of codes, or of tuples of codes.
        of_the_past : bool
            Whether the records tell what once happened.
        """
        named = self.records.of(register)[column].explode().dropna()
        named = named[(named != "") & ~named.isin(self.plan.codes)]
        title = REGISTERS[register].title
        rows = []
        for record, code in zip(named.index, named, strict=True):
            near = nearest_code(code, self.plan.codes)
            if code in self.retired:
                text = Text(
                    f"{title.zh}「{record}」的网格 {code} 已停用", f"{title.en}, {record}: grid {code} was given up"
                )
                rows.append(Row(text, code, code[:12], record, severity="info" if of_the_past else "soft"))
                continue
            text = Text(
                f"{title.zh}「{record}」：方案中没有网格 {code}" + (f"，最接近的是 {near}" if near else ""),
                f"{title.en}, {record}: no grid {code} in the plan" + (f"; the nearest is {near}" if near else ""),
            )
            rows.append(Row(text, code, unit=record))
        return rows

    def jurisdictions_unknown(self, register: str) -> list[Row]:
        """A row for each record that names a village or residential area which the plan does not have."""
        named = self.records.of(register)["jurisdiction"]
        known = tuple(self.plan.units.jurisdictions.index)
        named = named[(named != "") & ~named.isin(known)]
        title = REGISTERS[register].title
        rows = []
        for record, code in zip(named.index, named, strict=True):
            near = nearest_code(code, known)
            text = Text(
                f"{title.zh}「{record}」：没有村居 {code}" + (f"，最接近的是 {near}" if near else ""),
                f"{title.en}, {record}: no jurisdiction {code}" + (f"; the nearest is {near}" if near else ""),
            )
            rows.append(Row(text, jurisdiction=code, unit=record))
        return rows

    def missing(self, register: str, column: str, target: str, *, what: Text) -> list[Row]:
        """A row for each record that names something (`what`) which another register does not hold.

        Parameters
        ----------
        register, column : str
            Where it is named; blanks name nothing.
        target : str
            The register that should hold it; where that was never recorded, nothing can be said.
        what : Text
            What is named.
        """
        held = self.recorded(target)
        if held is None:
            return []
        named = self.records.of(register)
        named = named[(named[column] != "") & ~named[column].isin(held[REGISTERS[target].key[0]])]
        title = REGISTERS[register].title
        grids = named["grid"] if "grid" in named else pd.Series("", index=named.index)
        return [
            Row(
                Text(
                    f"{title.zh}「{record}」：没有编号为 {key} 的{what.zh}",
                    f"{title.en}, {record}: there is no {what.en} {key}",
                ),
                grid,
                unit=record,
            )
            for record, key, grid in zip(named.index, named[column], grids, strict=True)
        ]
