"""gridmap turns a table of units and a set of rules into a plan, and a plan into a report.

The names below are loaded when they are first used, so that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOME = {
    "DualGraph": "gridmap.model.graph",
    "GridException": "gridmap.model.plan",
    "Plan": "gridmap.model.plan",
    "Report": "gridmap.model.report",
    "Result": "gridmap.model.result",
    "Rules": "gridmap.model.rules",
    "Text": "gridmap.model.text",
    "Town": "gridmap.model.town",
    "Units": "gridmap.model.units",
    "load_rules": "gridmap.model.rules",
}

if TYPE_CHECKING:
    from gridmap.model.graph import DualGraph as DualGraph
    from gridmap.model.plan import GridException as GridException
    from gridmap.model.plan import Plan as Plan
    from gridmap.model.report import Report as Report
    from gridmap.model.result import Result as Result
    from gridmap.model.rules import Rules as Rules
    from gridmap.model.rules import load_rules as load_rules
    from gridmap.model.text import Text as Text
    from gridmap.model.town import Town as Town
    from gridmap.model.units import Units as Units

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'gridmap' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
