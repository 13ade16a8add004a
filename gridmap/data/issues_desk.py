"""What is said of the cells of a table of issues: many rows at once, each with its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.data.issues_tables import Written
from gridmap.data.records_cells import ERROR_COLUMNS
from gridmap.data.records_values import Severity
from gridmap.model.text import Text

_REGISTER: Final = "issue"


class _Said(NamedTuple):
    rows: NDArray[np.int64]
    column: str
    texts: Sequence[Text]
    severity: Severity


@dataclass(frozen=True, eq=False)
class IssueDesk:
    """What has been said of a file so far.

    Attributes
    ----------
    written : Written
    notes : list of Text
    """

    written: Written
    notes: list[Text] = field(default_factory=list)
    _said: list[_Said] = field(default_factory=list)

    def say(
        self,
        rows: NDArray[np.int64] | NDArray[np.bool_],
        column: str,
        text: Text | Sequence[Text],
        severity: Severity = "error",
    ) -> None:
        """Say something of cells: one text for all rows, or one a row.

        Parameters
        ----------
        rows : ndarray of int or of bool
            Positions, or a mask over all rows.
        column : str
            Key of :data:`gridmap.data.issues_columns.HEADINGS`.
        text : Text or sequence of Text
        severity : {"error", "warning"}
        """
        at = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows.astype(np.int64)
        if len(at):
            texts = [text] * len(at) if isinstance(text, Text) else text
            self._said.append(_Said(at, column, texts, severity))

    def wrong_rows(self) -> NDArray[np.bool_]:
        """Which rows anything was said of that forbids taking them, (n,)."""
        mask = np.zeros(len(self.written), dtype=bool)
        for said in self._said:
            if said.severity == "error":
                mask[said.rows] = True
        return mask

    def errors(self) -> pd.DataFrame:
        """What was said, with :data:`gridmap.data.records_cells.ERROR_COLUMNS`: errors first, then by row."""
        frames = [self._frame(said) for said in self._said]
        if not frames:
            return pd.DataFrame(columns=list(ERROR_COLUMNS), dtype=object)
        table = pd.concat(frames, ignore_index=True)
        order = table.assign(is_mild=table["severity"] != "error").sort_values(["is_mild", "row"], kind="stable").index
        return table.loc[order, list(ERROR_COLUMNS)].reset_index(drop=True)

    def _frame(self, said: _Said) -> pd.DataFrame:
        data = {
            "register": [_REGISTER] * len(said.rows),
            "cell": self.written.cells(said.rows, said.column),
            "column": self.written.headings(said.rows, said.column),
            "value": self.written.texts(said.column)[said.rows],
            "message_zh": [t.zh for t in said.texts],
            "message_en": [t.en for t in said.texts],
            "severity": [said.severity] * len(said.rows),
        }
        return pd.DataFrame(data, dtype=object).assign(row=said.rows)
