"""A plan is judged, independently of how it was made."""

from __future__ import annotations

from gridmap.check.catalog import CHECKS, GRID_METRICS, PLAN_METRICS, catalogue_version
from gridmap.check.judge import check_plan
from gridmap.check.polygons import judge_polygons

__all__ = ["CHECKS", "GRID_METRICS", "PLAN_METRICS", "catalogue_version", "check_plan", "judge_polygons"]
