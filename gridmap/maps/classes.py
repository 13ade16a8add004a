"""How grids are coloured: the classes of each colouring, in the order of the legend, with counts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gridmap.maps import palette
from gridmap.maps.grid_life import (
    LIST_STATES,
    PARTY_STATES,
    POINT_STATES,
    activity_counts,
    list_states,
    party_states,
    point_states,
    reach_shares,
    staff_states,
)
from gridmap.maps.grids import GridFacts
from gridmap.maps.telling import Teller
from gridmap.maps.words import KINDS, MODES, fill
from gridmap.model.plan import Plan
from gridmap.model.rules import Profile, Staffing
from gridmap.model.text import Language

#: Where the classes of activities in half a year begin: one a quarter, one in two months, one a month (our decision).
ACTIVITY_STEPS: Final = (1, 3, 6, 12)
#: Borders between the seven classes of deviation, as they stand under the scale.
TICKS: Final = ("−20%", "−10%", "−5%", "+5%", "+10%", "+20%")


class Legend:
    """Collects groups of classes and the class of every grid."""

    def __init__(self, n_grids: int) -> None:
        self.groups: list[dict[str, Any]] = []
        self.classes: list[dict[str, Any]] = []
        self.of: list[int] = [0] * n_grids

    def add(
        self,
        title: str,
        entries: list[tuple[str, str]],
        members: dict[int, int],
        ticks: tuple[str, ...] | None = None,
        subject: str = "",
    ) -> None:
        """A group of (label, colour) with the entry of each member grid; `ticks` make it a scale."""
        first = len(self.classes)
        for label, colour in entries:
            self.classes.append({"label": label, "colour": colour, "n": 0})
        for grid, entry in members.items():
            self.of[grid] = first + entry
            self.classes[first + entry]["n"] += 1
        self.groups.append(
            {
                "title": title,
                "subject": subject,
                "ticks": None if ticks is None else list(ticks),
                "classes": list(range(first, first + len(entries))),
            }
        )

    def as_mode(self, key: str, lang: Language) -> dict[str, Any]:
        """The finished colouring for the page."""
        return {
            "key": key,
            "label": MODES[key].in_language(lang),
            "groups": self.groups,
            "classes": self.classes,
            "of": self.of,
        }


def colourings(
    facts: list[GridFacts], names: list[str], hue: NDArray[np.int64], lang: Language
) -> list[dict[str, Any]]:
    """Every way of colouring the grids, the one that is shown first at the front.

    Parameters
    ----------
    names, hue : list of str, ndarray of int, both (j,)
        Name and hue of each jurisdiction.
    """
    size, kind, place = by_size(facts, lang), by_kind(facts, lang), by_jurisdiction(facts, names, hue, lang)
    judged = any(f.deviation is not None for f in facts)
    return [size, kind, place] if judged else [place, kind, size]


def by_size(facts: list[GridFacts], lang: Language) -> dict[str, Any]:
    """Size against the target: seven classes of households, three of whole units, and what has neither."""
    legend = Legend(len(facts))
    profiles: dict[Profile, list[int]] = {}
    for i, fact in enumerate(facts):
        if fact.deviation is not None:
            profiles.setdefault(fact.profile, []).append(i)
    for profile, members in sorted(profiles.items(), key=lambda item: item[0].counted):
        kinds = dict.fromkeys(KINDS[facts[i].kind].in_language(lang) for i in members)
        listed = ("、" if lang == "zh" else ", ").join(kinds)
        if profile.counted == "households":
            title = fill("scale_households", lang, kinds=listed, target=f"{profile.target:g}")
            entries = [(step.label.in_language(lang), step.colour) for step in palette.DEVIATION]
            found = {i: palette.deviation_class(facts[i].deviation or 0.0) for i in members}
            legend.add(title, entries, found, TICKS, listed)
        else:
            band = {"a": profile.lower, "b": profile.upper}
            title = fill("scale_units", lang, kinds=listed, **band)
            labels = [fill(key, lang, **band) for key in ("under", "inside", "over")]
            found = {i: _band_class(facts[i].counted or 0, profile) for i in members}
            legend.add(title, list(zip(labels, palette.BAND, strict=True)), found, (), listed)
    others: dict[tuple[str, str], list[int]] = {}
    for i, fact in enumerate(facts):
        if fact.deviation is None:
            if fact.kind == "dedicated":
                entry = (KINDS["dedicated"].in_language(lang), palette.KIND["dedicated"])
            else:
                entry = (fill("hidden" if fact.is_hidden else "no_households", lang), palette.UNKNOWN)
            others.setdefault(entry, []).append(i)
    if others:
        found = {i: n for n, members in enumerate(others.values()) for i in members}
        legend.add("", list(others), found)
    return legend.as_mode("deviation", lang)


def by_life(plan: Plan, teller: Teller, staffing: Staffing) -> list[dict[str, Any]]:
    """The colourings by what is recorded of the grids: points, staffing, reach; only those that are recorded."""
    life, lang, found = teller.life, teller.lang, []
    if life.points is not None:
        labels = [f"points_{state}" for state in POINT_STATES]
        found.append(_by_state("points", labels, POINT_STATES, palette.POINT_STATE, point_states(plan, teller), lang))
    if teller.has_staffing:
        keys, colours = ("complete", "shared", "vacant", "unknown"), (*palette.STAFF_STATE, palette.UNKNOWN)
        states = staff_states(plan, teller, staffing)
        found.append(_by_state("staffing", [f"staff_{key}" for key in keys], keys, colours, states, lang))
    if life.reach is not None:
        found.append(_by_reach(reach_shares(plan, teller), life.walking_m, lang))
    if life.branches is not None:
        labels = [f"party_{state}" for state in PARTY_STATES]
        found.append(_by_state("party", labels, PARTY_STATES, palette.PARTY_STATE, party_states(plan, teller), lang))
    if life.activities is not None:
        found.append(_by_activities(activity_counts(plan, teller), lang))
    if life.lists is not None:
        labels = [f"list_{state}" for state in LIST_STATES]
        found.append(_by_state("lists", labels, LIST_STATES, palette.LIST_STATE, list_states(plan, teller), lang))
    return found


def _by_activities(counts: list[int], lang: Language) -> dict[str, Any]:
    """Activities of half a year: none, and four classes of the colours of rates."""
    legend = Legend(len(counts))
    edges = ACTIVITY_STEPS
    labels = [fill("activity_none", lang)]
    labels += [fill("activity_step", lang, a=a, b=b - 1) for a, b in pairwise(edges)]
    labels.append(fill("activity_most", lang, a=edges[-1]))
    found = {i: sum(n >= edge for edge in edges) for i, n in enumerate(counts)}
    entries = list(zip(labels, (palette.NOTHING, *palette.RATE[1:]), strict=True))
    legend.add(fill("scale_activities", lang), entries, found)
    return legend.as_mode("activities", lang)


def _by_state(
    key: str, labels: list[str], keys: tuple[str, ...], colours: tuple[str, ...], states: list[str], lang: Language
) -> dict[str, Any]:
    legend = Legend(len(states))
    entries = [(fill(label, lang), c) for label, c in zip(labels, colours, strict=True)]
    legend.add("", entries, {i: keys.index(state) for i, state in enumerate(states)})
    return legend.as_mode(key, lang)


def _by_reach(shares: list[float | None], walking_m: float, lang: Language) -> dict[str, Any]:
    legend = Legend(len(shares))
    n = len(palette.RATE)
    edges = [round(100 * i / n) for i in range(n + 1)]
    entries = [(fill("reach_step", lang, a=edges[i], b=edges[i + 1]), c) for i, c in enumerate(palette.RATE)]
    known = {i: min(int(share * n), n - 1) for i, share in enumerate(shares) if share is not None}
    title = fill("scale_reach", lang, m=f"{walking_m:g}")
    legend.add(title, entries, known, tuple(f"{edge}%" for edge in edges[1:-1]))
    blank = {i: 0 for i, share in enumerate(shares) if share is None}
    if blank:
        legend.add("", [(fill("reach_unknown", lang), palette.UNKNOWN)], blank)
    return legend.as_mode("reach", lang)


def _band_class(counted: int, profile: Profile) -> int:
    return int(counted >= profile.lower) + int(counted > profile.upper)


def by_kind(facts: list[GridFacts], lang: Language) -> dict[str, Any]:
    """Kind of the jurisdiction; dedicated grids apart."""
    legend = Legend(len(facts))
    present = [kind for kind in KINDS if any(f.kind == kind for f in facts)]
    entries = [(KINDS[kind].in_language(lang), palette.KIND[kind]) for kind in present]
    legend.add("", entries, {i: present.index(f.kind) for i, f in enumerate(facts)})
    return legend.as_mode("kind", lang)


def by_jurisdiction(facts: list[GridFacts], names: list[str], hue: NDArray[np.int64], lang: Language) -> dict[str, Any]:
    """One hue a jurisdiction, neighbours apart."""
    legend = Legend(len(facts))
    entries = [(name, palette.HUES[h]) for name, h in zip(names, hue.tolist(), strict=True)]
    legend.add("", entries, {i: f.jurisdiction for i, f in enumerate(facts)})
    return legend.as_mode("jurisdiction", lang)
