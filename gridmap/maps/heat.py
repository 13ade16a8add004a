"""Heat for the page: densities as few levels of one scale, a sign a cell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gridmap.maps import palette
from gridmap.maps.geometry import Encoder
from gridmap.maps.grid_issues import is_rounded, least, told_total
from gridmap.maps.issues import HeatFrame, HeatShown, MapIssues
from gridmap.maps.words import fill, month_text
from gridmap.model.profile import ExportProfile
from gridmap.model.text import Language

#: Levels above blank. Level k stands for (k / LEVELS)² of the top: low densities keep their differences.
LEVELS: Final = 40
#: The sign of level 0; the others follow it in ASCII.
BLANK: Final = "0"
#: Ticks of the scale stand at least this far apart, as a share of its length, and this far from its ends.
APART: Final = 0.2


def heat_payload(issues: MapIssues, encoder: Encoder, lang: Language, profile: ExportProfile) -> dict[str, Any] | None:
    """The heat maps of the period and of its months; None where there is none.

    The whole period has a scale of its own, all months share one. It is blank where fewer issues stand behind it than
    the policy asks for, outside the internal profile five at least. The page is told three corners of the lattice:
    what lies between is laid out evenly, which at the size of a town is right to a metre.
    """
    heat = issues.heat
    if heat is None:
        return None
    whole, months = [f for f in heat.frames if f.month is None], [f for f in heat.frames if f.month is not None]
    rounds, fewest = is_rounded(issues, profile), least(issues, profile)
    frames = [
        _frame(frame, top, fewest, profile, rounds=rounds, lang=lang) | {"label": _label(frame, issues, lang)}
        for part in (whole, months)
        for top in [max((float(_told(f, fewest).max(initial=0.0)) for f in part), default=0.0)]
        for frame in part
    ]
    ny, nx = heat.frames[0].density.shape
    unit = fill("heat_unit_weighted" if heat.is_weighted else "heat_unit", lang, m=f"{heat.bandwidth_m:g}")
    return {
        "nx": nx,
        "ny": ny,
        "corners": _corners(heat, nx, ny, encoder),
        "levels": LEVELS,
        "blank": ord(BLANK),
        "colours": list(palette.HEAT),
        "unit": unit,
        "note": fill("heat_blank", lang, n=fewest),
        "frames": frames,
    }


def _corners(heat: HeatShown, nx: int, ny: int, encoder: Encoder) -> list[list[int]]:
    """North-west, north-east and south-west corner, whole millionths of a degree."""
    east, north = heat.west + nx * heat.cell_m, heat.south + ny * heat.cell_m
    return encoder.points(np.array([[heat.west, north], [east, north], [heat.west, heat.south]]))


def _told(frame: HeatFrame, fewest: int) -> NDArray[np.float64]:
    return np.where(frame.support >= fewest, np.nan_to_num(frame.density, nan=0.0), 0.0)


def _label(frame: HeatFrame, issues: MapIssues, lang: Language) -> str:
    """Name of its month, said where only a part of it lies in the period; "" for the whole period."""
    month = frame.month
    if month is None:
        return ""
    name = month_text(month, lang)
    until = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return name if issues.first <= month and until <= issues.last else fill("month_part", lang, month=name)


def _frame(
    frame: HeatFrame, top: float, fewest: int, profile: ExportProfile, *, rounds: bool, lang: Language
) -> dict[str, Any]:
    month = frame.month
    return {
        "n": told_total(frame.n, profile, lang, rounds=rounds),
        "month": None if month is None else month.year * 12 + month.month - 1,
        "ticks": scale_ticks(top),
        "cells": level_signs(_told(frame, fewest), top),
    }


def level_signs(density: NDArray[np.float64], top: float) -> str:
    """One sign a cell, (ny, nx) from the north-western cell row by row: the level of its density.

    Parameters
    ----------
    density : ndarray, shape (ny, nx)
        The southernmost row first, as in :class:`gridmap.maps.issues.HeatFrame`.
    top : float
        Density of the highest level.
    """
    share = np.clip(density[::-1] / top, 0.0, 1.0) if top > 0 else np.zeros(density.shape)
    levels: NDArray[np.uint8] = np.rint(LEVELS * np.sqrt(share) + ord(BLANK)).astype(np.uint8)
    return levels.tobytes().decode("ascii")


def scale_ticks(top: float) -> list[list[Any]]:
    """Ticks of the scale of a heat map: [place from 0 to 1, density as text], round numbers only."""
    if top <= 0:
        return []
    powers = 10.0 ** np.arange(np.floor(np.log10(top)) - 3, np.floor(np.log10(top)) + 1)
    values = [float(v) for v in np.multiply.outer(powers, (1.0, 2.0, 5.0)).ravel() if v <= top]
    ticks: list[list[Any]] = []
    last = 1.0 + APART / 2
    for value in reversed(values):
        place = float(np.sqrt(value / top))
        if last - place >= APART and place >= APART / 2:
            ticks.insert(0, [round(place, 3), f"{value:g}"])
            last = place
    return ticks
