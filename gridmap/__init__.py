"""gridmap turns a table of units and a set of rules into a plan, and a plan into a report.

The names below are loaded when they are first used, so that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOME = {
    "DualGraph": "gridmap.model.graph",
    "Effort": "gridmap.partition.search",
    "GridException": "gridmap.model.plan",
    "Plan": "gridmap.model.plan",
    "Report": "gridmap.model.report",
    "Result": "gridmap.model.result",
    "Rules": "gridmap.model.rules",
    "Store": "gridmap.storage.connect",
    "Survey": "gridmap.model.town",
    "Text": "gridmap.model.text",
    "Town": "gridmap.model.town",
    "Units": "gridmap.model.units",
    "assign_codes": "gridmap.partition.codes",
    "build_cells": "gridmap.cells.build",
    "build_graph": "gridmap.measure.connect",
    "build_lineage": "gridmap.partition.lineage",
    "build_town": "gridmap.cells.town",
    "check_plan": "gridmap.check.judge",
    "diff_versions": "gridmap.storage.diff",
    "draw": "gridmap.maps.draw",
    "judge_polygons": "gridmap.check.polygons",
    "list_plans": "gridmap.storage.entries",
    "load_plan": "gridmap.storage.plans",
    "load_rules": "gridmap.model.rules",
    "open_store": "gridmap.storage.connect",
    "partition_units": "gridmap.partition.whole",
    "plan_town": "gridmap.flow",
    "read_layer": "gridmap.data.vector",
    "read_ledger": "gridmap.data.table",
    "read_plan": "gridmap.data.plan_file",
    "read_survey": "gridmap.data.survey",
    "run_areas": "gridmap.jobs.run",
    "save_moves": "gridmap.storage.save",
    "save_offline": "gridmap.maps.offline",
    "save_plan": "gridmap.storage.plans",
    "write_ledger": "gridmap.reports.ledger",
    "write_plan": "gridmap.data.plan_file",
    "write_report": "gridmap.reports.report_file",
}

if TYPE_CHECKING:
    from gridmap.cells.build import build_cells as build_cells
    from gridmap.cells.town import build_town as build_town
    from gridmap.check.judge import check_plan as check_plan
    from gridmap.check.polygons import judge_polygons as judge_polygons
    from gridmap.data.plan_file import read_plan as read_plan
    from gridmap.data.plan_file import write_plan as write_plan
    from gridmap.data.survey import read_survey as read_survey
    from gridmap.data.table import read_ledger as read_ledger
    from gridmap.data.vector import read_layer as read_layer
    from gridmap.flow import plan_town as plan_town
    from gridmap.jobs.run import run_areas as run_areas
    from gridmap.maps.draw import draw as draw
    from gridmap.maps.offline import save_offline as save_offline
    from gridmap.measure.connect import build_graph as build_graph
    from gridmap.model.graph import DualGraph as DualGraph
    from gridmap.model.plan import GridException as GridException
    from gridmap.model.plan import Plan as Plan
    from gridmap.model.report import Report as Report
    from gridmap.model.result import Result as Result
    from gridmap.model.rules import Rules as Rules
    from gridmap.model.rules import load_rules as load_rules
    from gridmap.model.text import Text as Text
    from gridmap.model.town import Survey as Survey
    from gridmap.model.town import Town as Town
    from gridmap.model.units import Units as Units
    from gridmap.partition.codes import assign_codes as assign_codes
    from gridmap.partition.lineage import build_lineage as build_lineage
    from gridmap.partition.search import Effort as Effort
    from gridmap.partition.whole import partition_units as partition_units
    from gridmap.reports.ledger import write_ledger as write_ledger
    from gridmap.reports.report_file import write_report as write_report
    from gridmap.storage.connect import Store as Store
    from gridmap.storage.connect import open_store as open_store
    from gridmap.storage.diff import diff_versions as diff_versions
    from gridmap.storage.entries import list_plans as list_plans
    from gridmap.storage.plans import load_plan as load_plan
    from gridmap.storage.plans import save_plan as save_plan
    from gridmap.storage.save import save_moves as save_moves

__all__ = [
    "DualGraph",
    "Effort",
    "GridException",
    "Plan",
    "Report",
    "Result",
    "Rules",
    "Store",
    "Survey",
    "Text",
    "Town",
    "Units",
    "__version__",
    "assign_codes",
    "build_cells",
    "build_graph",
    "build_lineage",
    "build_town",
    "check_plan",
    "diff_versions",
    "draw",
    "judge_polygons",
    "list_plans",
    "load_plan",
    "load_rules",
    "open_store",
    "partition_units",
    "plan_town",
    "read_layer",
    "read_ledger",
    "read_plan",
    "read_survey",
    "run_areas",
    "save_moves",
    "save_offline",
    "save_plan",
    "write_ledger",
    "write_plan",
    "write_report",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'gridmap' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
