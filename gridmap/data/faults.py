"""What was found in the input, as rows: where, what, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import InvalidInput
from gridmap.model.text import Text

Done = Literal["repaired", "dropped", "kept", "none"]
Severity = Literal["error", "warning", "note"]

#: Columns of ``Validation.rows`` in order.
FAULT_COLUMNS: Final = ("layer", "id", "fault", "where", "what_zh", "what_en", "done", "severity")


class Fault(NamedTuple):
    """One thing to be said about the input.

    Attributes
    ----------
    layer, id : str
        The layer, and the id of the unit, jurisdiction or line ("" where it is about the whole layer).
    fault : str
        A stable word for the sort of fault, for filtering.
    where : str
        ``x, y`` in the work CRS, or the address of a ledger line; "" where there is no place.
    what : Text
    done : {"repaired", "dropped", "kept", "none"}
    severity : {"error", "warning", "note"}
    """

    layer: str
    id: str
    fault: str
    where: str
    what: Text
    done: Done
    severity: Severity


@dataclass(frozen=True, eq=False)
class Validation:
    """The faults of an input, and the frame as it was repaired.

    Attributes
    ----------
    rows : pandas.DataFrame
        Columns :data:`FAULT_COLUMNS`, errors first, then warnings, then notes.
    frame : geopandas.GeoDataFrame or None
        The repaired layer where one layer was validated; None for a whole survey.
    faults : tuple of Fault
        What the rows were made of, in the order in which it was found.
    """

    rows: pd.DataFrame
    frame: gpd.GeoDataFrame | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def errors(self) -> pd.DataFrame:
        """The rows of severity ``error``."""
        return self.rows[self.rows["severity"] == "error"]

    @property
    def is_clean(self) -> bool:
        """Whether there is no error."""
        return bool(self.errors.empty)

    def require_clean(self) -> None:
        """Strict mode: refuse an input with any error.

        Raises
        ------
        InvalidInput
            With the first ten errors.
        """
        errors = self.errors
        if errors.empty:
            return
        more = len(errors) - 10
        tail_en = f"\n  … and {more} more" if more > 0 else ""
        tail_zh = f"\n  … 另有 {more} 处" if more > 0 else ""
        en = "".join(
            f"\n  {layer}: {what}" for layer, what in zip(errors["layer"][:10], errors["what_en"], strict=False)
        )
        zh = "".join(
            f"\n  {layer}：{what}" for layer, what in zip(errors["layer"][:10], errors["what_zh"], strict=False)
        )
        raise InvalidInput(
            f"the input has {len(errors)} faults (strict mode mends none):{en}{tail_en}",
            f"输入数据有 {len(errors)} 处错误（严格模式不作修复）：{zh}{tail_zh}",
        )


def validation(faults: Iterable[Fault], frame: gpd.GeoDataFrame | None = None) -> Validation:
    """Faults as a table, errors first, otherwise in the order in which they were found."""
    faults = tuple(faults)
    rows = [(f.layer, f.id, f.fault, f.where, f.what.zh, f.what.en, f.done, f.severity) for f in faults]
    table = pd.DataFrame(rows, columns=list(FAULT_COLUMNS), dtype=object)
    order = table["severity"].map({"error": 0, "warning": 1, "note": 2}).to_numpy(np.int64)
    return Validation(table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True), frame, faults)


def note(layer: str, what: Text, fault: str = "note") -> Fault:
    """A remark about a whole layer."""
    return Fault(layer, "", fault, "", what, "none", "note")


def place_text(x: float, y: float) -> str:
    """A place as text, to the decimetre."""
    return f"{x:.1f}, {y:.1f}" if np.isfinite(x) and np.isfinite(y) else ""
