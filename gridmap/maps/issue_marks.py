"""Issues as marks on the map: single ones inside the town's offices, squares with five or more for everybody else."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from gridmap.data.private_numbers import without_numbers
from gridmap.maps import palette
from gridmap.maps.geometry import Encoder
from gridmap.maps.issues import MapIssues
from gridmap.maps.words import date_text
from gridmap.maps.words_issues import CATEGORY_SIGNS
from gridmap.model.issues import OPEN_STEPS, STEPS, TIERS, category_text
from gridmap.model.profile import SMALL_COUNT, ExportProfile
from gridmap.model.text import Language

#: Characters of a description that a card shows.
SHOWN_TEXT: Final = 120
#: Counts of squares go by so many outside the internal profile.
BY: Final = 5


def marks_payload(issues: MapIssues, encoder: Encoder, lang: Language, profile: ExportProfile) -> dict[str, Any]:
    """What the page draws of the places of issues: ``marks`` (columns) in the internal profile, else ``cells``."""
    keys = list(dict.fromkeys([*issues.categories, *issues.marks["category"]]))
    told = {
        "marks": None,
        "cells": None,
        "cellM": issues.cell_m,
        "leftOut": issues.n_left_out,
        "categories": [category_text(key, issues.categories).in_language(lang) for key in keys],
        "signs": [_sign(key, issues, lang) for key in keys],
        "steps": [choice.text.in_language(lang) for choice in STEPS.values()],
        "tiers": [choice.text.in_language(lang) for choice in TIERS.values()],
        "colours": palette.ISSUES,
    }
    if profile == "internal":
        return told | {"marks": _marks(issues.marks, keys, encoder, lang)}
    return told | {"categories": [], "signs": [], "leftOut": 0, "cells": _cells(issues.cells, encoder)}


def _sign(key: str, issues: MapIssues, lang: Language) -> str:
    known = CATEGORY_SIGNS.get(key)
    if known is not None:
        return known.in_language(lang)
    return category_text(key, issues.categories).in_language(lang).strip()[:1].upper()


def _marks(marks: pd.DataFrame, keys: list[str], encoder: Encoder, lang: Language) -> dict[str, Any]:
    """The marks as columns; positions of words in their lists, days as positions in ``days`` (the first is blank)."""
    places = encoder.points(marks[["x", "y"]].to_numpy(np.float64)) if len(marks) else []
    stamps = pd.concat([marks["reported_on"], marks["settled_on"]]).dropna().unique()
    days = sorted(pd.Timestamp(t).date() for t in stamps)
    at_day = {day: i + 1 for i, day in enumerate(days)}
    at = {name: {key: i for i, key in enumerate(words)} for name, words in (("step", STEPS), ("tier", TIERS))}
    at_category = {key: i for i, key in enumerate(keys)}
    is_open = marks["step"].isin(OPEN_STEPS)
    return {
        "at": places,
        "id": [str(i) for i in marks.index],
        "category": [at_category[c] for c in marks["category"]],
        "step": [at["step"][s] for s in marks["step"]],
        "tier": [at["tier"].get(t, -1) for t in marks["tier"]],
        "state": (is_open.astype(int) + (is_open & marks["is_overdue"]).astype(int)).tolist(),
        "month": [_month(t) for t in marks["reported_on"]],
        "reported": [_day(t, at_day) for t in marks["reported_on"]],
        "settled": [_day(t, at_day) for t in marks["settled_on"]],
        "days": ["", *(date_text(day.isoformat(), lang) for day in days)],
        "kind": [without_numbers(k) for k in marks["kind"]],
        "address": [without_numbers(a) for a in marks["address"]],
        "text": [_short(without_numbers(d)) for d in marks["description"]],
    }


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 1] + "…"


def _month(value: Any) -> int:
    day = pd.Timestamp(value)
    return -1 if pd.isna(day) else day.year * 12 + day.month - 1


def _day(value: Any, at_day: dict[Any, int]) -> int:
    return 0 if pd.isna(value) else at_day[pd.Timestamp(value).date()]


def _cells(cells: pd.DataFrame, encoder: Encoder) -> list[list[int]]:
    """Squares with enough issues: [longitude, latitude, about how many]."""
    told = cells[cells["n"] >= SMALL_COUNT]
    if told.empty:
        return []
    counts = (np.rint(told["n"].to_numpy(np.float64) / BY) * BY).astype(int).tolist()
    places = encoder.points(told[["x", "y"]].to_numpy(np.float64))
    return [[lon, lat, n] for (lon, lat), n in zip(places, counts, strict=True)]
