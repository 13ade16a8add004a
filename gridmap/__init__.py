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
    "IssuePolicy": "gridmap.model.issue_policy",
    "Issues": "gridmap.model.issues",
    "MapIssues": "gridmap.maps.issues",
    "MapLife": "gridmap.maps.life",
    "Patrols": "gridmap.model.patrols",
    "Plan": "gridmap.model.plan",
    "Records": "gridmap.model.records",
    "Report": "gridmap.model.report",
    "Result": "gridmap.model.result",
    "Rules": "gridmap.model.rules",
    "Store": "gridmap.storage.connect",
    "Survey": "gridmap.model.town",
    "Text": "gridmap.model.text",
    "Town": "gridmap.model.town",
    "Units": "gridmap.model.units",
    "advance_issue": "gridmap.storage.issue_log",
    "assign_codes": "gridmap.partition.codes",
    "build_cells": "gridmap.cells.build",
    "build_graph": "gridmap.measure.connect",
    "build_lineage": "gridmap.partition.lineage",
    "build_town": "gridmap.cells.town",
    "check_life": "gridmap.life.checks",
    "check_plan": "gridmap.check.judge",
    "check_points": "gridmap.points.checks",
    "check_staffing": "gridmap.people.checks",
    "coverage": "gridmap.issues.patrols",
    "demand_of": "gridmap.points.demand",
    "diff_versions": "gridmap.storage.diff",
    "draw": "gridmap.maps.draw",
    "emerging_of_grids": "gridmap.issues.emerging",
    "figures_of": "gridmap.reports.figures",
    "find_duplicates": "gridmap.issues.duplicates",
    "find_two_in_one": "gridmap.points.two_in_one",
    "fold": "gridmap.issues.fold",
    "heat_by_month": "gridmap.issues.heat",
    "heat_of": "gridmap.issues.heat",
    "hotspots_of_grids": "gridmap.issues.hotspots",
    "indicators": "gridmap.issues.indicators",
    "issues_of": "gridmap.maps.gather_issues",
    "judge_polygons": "gridmap.check.polygons",
    "life_of": "gridmap.maps.gather",
    "list_plans": "gridmap.storage.entries",
    "load_issues": "gridmap.storage.issues",
    "load_plan": "gridmap.storage.plans",
    "load_policy": "gridmap.model.issue_policy",
    "load_records": "gridmap.storage.records",
    "load_rules": "gridmap.model.rules",
    "new_event": "gridmap.issues.fold",
    "open_store": "gridmap.storage.connect",
    "own_issues": "gridmap.issues.owner",
    "partition_units": "gridmap.partition.whole",
    "place_points": "gridmap.points.place",
    "plan_town": "gridmap.flow",
    "points_changed": "gridmap.points.change",
    "propose_cover": "gridmap.people.cover",
    "rates_of_grids": "gridmap.issues.rates",
    "reach_points": "gridmap.points.reach",
    "read_issues": "gridmap.data.issues",
    "read_layer": "gridmap.data.vector",
    "read_ledger": "gridmap.data.table",
    "read_plan": "gridmap.data.plan_file",
    "read_records": "gridmap.data.records",
    "read_survey": "gridmap.data.survey",
    "read_tracks": "gridmap.data.tracks",
    "recut": "gridmap.issues.recut",
    "replay": "gridmap.issues.replay",
    "run_areas": "gridmap.jobs.run",
    "save_issues": "gridmap.storage.issues",
    "save_moves": "gridmap.storage.save",
    "save_offline": "gridmap.maps.offline",
    "save_plan": "gridmap.storage.plans",
    "save_records": "gridmap.storage.records",
    "site_points": "gridmap.points.siting",
    "write_issues": "gridmap.reports.issues",
    "write_ledger": "gridmap.reports.ledger",
    "write_plan": "gridmap.data.plan_file",
    "write_records": "gridmap.reports.records",
    "write_report": "gridmap.reports.report_file",
}

if TYPE_CHECKING:
    from gridmap.cells.build import build_cells as build_cells
    from gridmap.cells.town import build_town as build_town
    from gridmap.check.judge import check_plan as check_plan
    from gridmap.check.polygons import judge_polygons as judge_polygons
    from gridmap.data.issues import read_issues as read_issues
    from gridmap.data.plan_file import read_plan as read_plan
    from gridmap.data.plan_file import write_plan as write_plan
    from gridmap.data.records import read_records as read_records
    from gridmap.data.survey import read_survey as read_survey
    from gridmap.data.table import read_ledger as read_ledger
    from gridmap.data.tracks import read_tracks as read_tracks
    from gridmap.data.vector import read_layer as read_layer
    from gridmap.flow import plan_town as plan_town
    from gridmap.issues.duplicates import find_duplicates as find_duplicates
    from gridmap.issues.emerging import emerging_of_grids as emerging_of_grids
    from gridmap.issues.fold import fold as fold
    from gridmap.issues.fold import new_event as new_event
    from gridmap.issues.heat import heat_by_month as heat_by_month
    from gridmap.issues.heat import heat_of as heat_of
    from gridmap.issues.hotspots import hotspots_of_grids as hotspots_of_grids
    from gridmap.issues.indicators import indicators as indicators
    from gridmap.issues.owner import own_issues as own_issues
    from gridmap.issues.patrols import coverage as coverage
    from gridmap.issues.rates import rates_of_grids as rates_of_grids
    from gridmap.issues.recut import recut as recut
    from gridmap.issues.replay import replay as replay
    from gridmap.jobs.run import run_areas as run_areas
    from gridmap.life.checks import check_life as check_life
    from gridmap.maps.draw import draw as draw
    from gridmap.maps.gather import life_of as life_of
    from gridmap.maps.gather_issues import issues_of as issues_of
    from gridmap.maps.issues import MapIssues as MapIssues
    from gridmap.maps.life import MapLife as MapLife
    from gridmap.maps.offline import save_offline as save_offline
    from gridmap.measure.connect import build_graph as build_graph
    from gridmap.model.graph import DualGraph as DualGraph
    from gridmap.model.issue_policy import IssuePolicy as IssuePolicy
    from gridmap.model.issue_policy import load_policy as load_policy
    from gridmap.model.issues import Issues as Issues
    from gridmap.model.patrols import Patrols as Patrols
    from gridmap.model.plan import GridException as GridException
    from gridmap.model.plan import Plan as Plan
    from gridmap.model.records import Records as Records
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
    from gridmap.people.checks import check_staffing as check_staffing
    from gridmap.people.cover import propose_cover as propose_cover
    from gridmap.points.change import points_changed as points_changed
    from gridmap.points.checks import check_points as check_points
    from gridmap.points.demand import demand_of as demand_of
    from gridmap.points.place import place_points as place_points
    from gridmap.points.reach import reach_points as reach_points
    from gridmap.points.siting import site_points as site_points
    from gridmap.points.two_in_one import find_two_in_one as find_two_in_one
    from gridmap.reports.figures import figures_of as figures_of
    from gridmap.reports.issues import write_issues as write_issues
    from gridmap.reports.ledger import write_ledger as write_ledger
    from gridmap.reports.records import write_records as write_records
    from gridmap.reports.report_file import write_report as write_report
    from gridmap.storage.connect import Store as Store
    from gridmap.storage.connect import open_store as open_store
    from gridmap.storage.diff import diff_versions as diff_versions
    from gridmap.storage.entries import list_plans as list_plans
    from gridmap.storage.issue_log import advance_issue as advance_issue
    from gridmap.storage.issues import load_issues as load_issues
    from gridmap.storage.issues import save_issues as save_issues
    from gridmap.storage.plans import load_plan as load_plan
    from gridmap.storage.plans import save_plan as save_plan
    from gridmap.storage.records import load_records as load_records
    from gridmap.storage.records import save_records as save_records
    from gridmap.storage.save import save_moves as save_moves

__all__ = [
    "DualGraph",
    "Effort",
    "GridException",
    "IssuePolicy",
    "Issues",
    "MapIssues",
    "MapLife",
    "Patrols",
    "Plan",
    "Records",
    "Report",
    "Result",
    "Rules",
    "Store",
    "Survey",
    "Text",
    "Town",
    "Units",
    "__version__",
    "advance_issue",
    "assign_codes",
    "build_cells",
    "build_graph",
    "build_lineage",
    "build_town",
    "check_life",
    "check_plan",
    "check_points",
    "check_staffing",
    "coverage",
    "demand_of",
    "diff_versions",
    "draw",
    "emerging_of_grids",
    "figures_of",
    "find_duplicates",
    "find_two_in_one",
    "fold",
    "heat_by_month",
    "heat_of",
    "hotspots_of_grids",
    "indicators",
    "issues_of",
    "judge_polygons",
    "life_of",
    "list_plans",
    "load_issues",
    "load_plan",
    "load_policy",
    "load_records",
    "load_rules",
    "new_event",
    "open_store",
    "own_issues",
    "partition_units",
    "place_points",
    "plan_town",
    "points_changed",
    "propose_cover",
    "rates_of_grids",
    "reach_points",
    "read_issues",
    "read_layer",
    "read_ledger",
    "read_plan",
    "read_records",
    "read_survey",
    "read_tracks",
    "recut",
    "replay",
    "run_areas",
    "save_issues",
    "save_moves",
    "save_offline",
    "save_plan",
    "save_records",
    "site_points",
    "write_issues",
    "write_ledger",
    "write_plan",
    "write_records",
    "write_report",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'gridmap' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
