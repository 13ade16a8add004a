"""Everything that a page shows, as one value that becomes JSON."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.maps import palette
from gridmap.maps.classes import by_life, colourings
from gridmap.maps.classes_issues import by_issues
from gridmap.maps.colouring import hues
from gridmap.maps.escape import plain
from gridmap.maps.figures import about, headline, jurisdiction_rows, sentence
from gridmap.maps.figures_life import first_line, life_figures
from gridmap.maps.funnel import funnel_payload
from gridmap.maps.geometry import PRECISION, Encoder, clipped, label_places, outlines, simple_lines, surroundings
from gridmap.maps.grid_issues import grid_issues, issue_figures, rate_text, told_rate
from gridmap.maps.grid_life import grid_lives
from gridmap.maps.grids import GridFacts, cards, grid_facts
from gridmap.maps.heat import heat_payload
from gridmap.maps.issue_marks import marks_payload
from gridmap.maps.issues import MapIssues
from gridmap.maps.life import MapLife
from gridmap.maps.points import point_rows, point_words
from gridmap.maps.telling import Teller
from gridmap.maps.words import KINDS, LAYERS, REASONS, date_text, fill, page_words
from gridmap.model.plan import Plan
from gridmap.model.profile import ExportProfile
from gridmap.model.report import Report
from gridmap.model.rules import Rules
from gridmap.model.text import Language
from gridmap.model.town import Town

#: Layers of ``Town.context`` that are drawn.
CONTEXT: Final = ("water", "green", "roads", "buildings")


def page_payload(
    town: Town,
    plan: Plan,
    report: Report,
    rules: Rules,
    encoder: Encoder,
    *,
    lang: Language,
    profile: ExportProfile,
    title: str,
    facts: dict[str, str],
    life: MapLife | None = None,
    issues: MapIssues | None = None,
) -> dict[str, Any]:
    """The value that the page's scripts read; every string in it is plain text, never markup."""
    drawn = outlines(plan)
    table = plan.units.jurisdictions
    grid_list = grid_facts(plan, rules, lang=lang, profile=profile)
    names = [str(name) for name in table["name"]]
    teller = None if life is None else Teller(life, profile, lang, _place_names(plan))
    payload: dict[str, Any] = {
        "lang": lang,
        "title": title,
        "words": page_words(lang),
        "kinds": {key: text.in_language(lang) for key, text in KINDS.items()},
        "reasons": {key: text.in_language(lang) for key, text in REASONS.items()},
        "badges": _badges(
            lang,
            profile,
            is_synthetic=town.is_synthetic
            or (life is not None and life.is_synthetic)
            or (issues is not None and issues.is_synthetic),
        ),
        "figures": headline(plan, report, grid_list, lang),
        "otherFigures": [],
        "points": None,
        "issues": None,
        "sentence": sentence(plan, report, rules, lang),
        "modes": colourings(grid_list, names, hues(drawn.jurisdictions, len(palette.HUES)), lang),
        "grids": cards(plan, report, grid_list, lang),
        "jurisdictions": jurisdiction_rows(plan, grid_list),
        "findings": _town_findings(report, lang),
        "marks": {key: fill(f"mark_{key}", lang) for key in ("exception", "broken")},
        "layers": {key: text.in_language(lang) for key, text in LAYERS.items()},
        "about": about(plan, report, rules, _about_facts(town, facts, life, issues, lang), lang),
        "palette": {
            "ground": palette.GROUND,
            "roads": palette.ROADS,
            "barriers": palette.BARRIERS,
        },
        "precision": PRECISION,
        "shapes": {
            "grids": encoder.features(drawn.grids),
            "jurisdictions": encoder.features(drawn.jurisdictions),
            "units": encoder.features(drawn.units),
            **_context(
                town, encoder, surroundings(drawn.jurisdictions), teller.home_premises if teller else frozenset()
            ),
        },
    }
    others = []
    if teller is not None:
        others += life_figures(plan, teller, rules.staffing)
        _add_life(payload, plan, rules, teller, encoder)
    if issues is not None:
        others += issue_figures(issues, lang, profile)
        _add_issues(payload, issues, grid_list, encoder, lang, profile)
    payload["figures"], payload["otherFigures"] = first_line(payload["figures"], others)
    _place_labels(payload["grids"], drawn.grids, encoder)
    _place_labels(payload["jurisdictions"], drawn.jurisdictions, encoder)
    cleaned: dict[str, Any] = _plain(payload)
    return cleaned


def _add_life(payload: dict[str, Any], plan: Plan, rules: Rules, teller: Teller, encoder: Encoder) -> None:
    """What is recorded: colourings, points, and what the card of each grid tells of it."""
    payload["modes"] += by_life(plan, teller, rules.staffing)
    payload["points"] = point_rows(plan, teller, encoder)
    payload["pointWords"] = point_words(teller.lang)
    payload["hasStaffing"] = teller.has_staffing
    payload["walking"] = teller.life.walking_m
    for row, told in zip(payload["grids"], grid_lives(plan, teller, rules.staffing), strict=True):
        row["life"] = told


def _add_issues(
    payload: dict[str, Any],
    issues: MapIssues,
    facts: list[GridFacts],
    encoder: Encoder,
    lang: Language,
    profile: ExportProfile,
) -> None:
    """The issues: colourings, heat, marks, the funnel, and what the card of each grid tells of them."""
    rate = told_rate(issues, profile)
    payload["modes"] += by_issues(issues, facts, lang, profile)
    payload["issues"] = {
        "period": fill("period", lang, a=_said(issues.first, lang), b=_said(issues.last, lang)),
        "isSubject": issues.is_subject,
        "townRate": rate,
        "townRateText": rate_text(rate),
        "level": f"{100 * issues.level:g}",
        "lines": palette.SPOT_LINES,
        "funnel": funnel_payload(issues, facts, profile),
        "heat": heat_payload(issues, encoder, lang, profile),
        **marks_payload(issues, encoder, lang, profile),
    }
    for row, told in zip(payload["grids"], grid_issues(issues, facts, lang, profile), strict=True):
        row["issues"] = told


def _said(day: date, lang: Language) -> str:
    return date_text(day.isoformat(), lang)


def _place_names(plan: Plan) -> frozenset[str]:
    places = [plan.units.jurisdictions["name"], plan.units.frame["compound"]]
    return frozenset(str(name) for column in places for name in column.unique())


def packed(payload: dict[str, Any]) -> str:
    """The payload as JSON, gzipped (without a time, so that equal maps are equal files), in base64.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)).decode("ascii")


def _plain(value: Any) -> Any:
    """The same value with every string passed through :func:`gridmap.maps.escape.plain`."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(k): v if k == "shapes" else _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _badges(lang: Language, profile: ExportProfile, *, is_synthetic: bool) -> list[dict[str, str]]:
    badges = [{"key": "synthetic", "text": fill("synthetic", lang)}] if is_synthetic else []
    return badges + ([{"key": "internal", "text": fill("internal", lang)}] if profile != "public" else [])


def _about_facts(
    town: Town, facts: dict[str, str], life: MapLife | None, issues: MapIssues | None, lang: Language
) -> dict[str, str]:
    given = {"source": town.source, "date": town.date} | {k: v for k, v in facts.items() if v}
    of_records = {} if life is None else {fill("day_of_records", lang): _said(life.day, lang)}
    if issues is not None:
        period = fill("period", lang, a=_said(issues.first, lang), b=_said(issues.last, lang))
        of_records |= {fill("issues_period_name", lang): period}
    return given | {"date": date_text(given["date"], lang)} | of_records


def _town_findings(report: Report, lang: Language) -> list[dict[str, str]]:
    """Broken rules that belong to no single grid."""
    broken = report.broken
    broken = broken[broken["grid"] == ""]
    return [{"check": str(c), "text": str(m)} for c, m in zip(broken["check"], broken[f"message_{lang}"], strict=True)]


def _place_labels(rows: list[dict[str, Any]], shapes: Any, encoder: Encoder) -> None:
    there = [i for i, shape in enumerate(shapes) if not shape.is_empty]
    if not there:
        return
    centre, radius_m = label_places(shapes[there])
    for i, at, radius in zip(there, encoder.points(centre), radius_m.tolist(), strict=True):
        rows[i]["at"] = at
        rows[i]["room"] = round(radius, 1)


def _context(
    town: Town, encoder: Encoder, around: shapely.Geometry, homes: frozenset[str]
) -> dict[str, list[dict[str, Any]]]:
    layers = {name: _layer(town.context.get(name), encoder, around) for name in CONTEXT}
    layers["roads"] = [
        row | {"cls": cls} for row, cls in zip(layers["roads"], _road_classes(town.context.get("roads")), strict=True)
    ]
    barriers = town.barriers
    if barriers is not None:
        barriers = barriers[barriers["kind"].isin(list(palette.BARRIERS))]
    layers["barriers"] = _layer(barriers, encoder, around)
    premises = town.premises
    if premises is not None:
        premises = premises[~premises["premises_id"].isin(homes)] if "premises_id" in premises else premises
        premises = premises.set_geometry(premises.geometry.representative_point())
    layers["premises"] = _layer(premises, encoder, around)
    return {name: rows for name, rows in layers.items() if rows}


def _layer(frame: gpd.GeoDataFrame | None, encoder: Encoder, around: shapely.Geometry) -> list[dict[str, Any]]:
    if frame is None or frame.empty:
        return []
    shapes = encoder.features(clipped(simple_lines(frame), around))
    areal = np.isin(frame.geometry.geom_type.to_numpy(), ("Polygon", "MultiPolygon")).tolist()
    texts = [_texts(frame, column) for column in ("name", "kind")]
    return [
        {"s": shape, "a": int(is_area)} | ({"name": name} if name else {}) | ({"kind": kind} if kind else {})
        for shape, is_area, name, kind in zip(shapes, areal, *texts, strict=True)
    ]


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    if column not in frame.columns:
        return [""] * len(frame)
    return ["" if pd.isna(v) else str(v) for v in frame[column]]


def _road_classes(frame: gpd.GeoDataFrame | None) -> list[int]:
    """Class 1 … 4 of each road; the lightest where a source has none."""
    if frame is None or "road_class" not in frame.columns:
        return [max(palette.ROADS)] * (0 if frame is None else len(frame))
    numbers = pd.to_numeric(frame["road_class"], errors="coerce").fillna(max(palette.ROADS))
    return [int(v) for v in numbers.clip(min(palette.ROADS), max(palette.ROADS))]
