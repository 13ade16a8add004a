"""Where the points stand: which grids have one, which of them are two in one, and the seven that are nearly or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from .ledgers_forms import one, sample
from .ledgers_grids import Division, Grid, Site
from .names import TOWN_CODE

#: Grid points built, by the last three digits of the jurisdiction: 84, as published.
BUILT: Final = {
    "202": 5, "205": 3, "207": 4, "208": 3, "210": 2, "213": 5, "214": 3, "215": 2, "216": 3, "217": 4,
    "001": 4, "002": 3, "003": 2, "004": 1, "005": 2, "006": 2, "007": 3, "008": 1, "009": 2, "010": 3, "011": 1,
    "012": 2, "013": 3, "014": 3, "015": 3, "016": 5, "017": 2, "018": 2, "019": 4, "020": 1, "021": 1,
}  # fmt: skip
#: A Party point so near (metres, the same grid) makes two in one.
NEAR_M: Final = (9.0, 28.5)
#: The three near misses: metres from–to, and whether in a village.
MISSES: Final = ((35.0, 44.0, True), (65.0, 85.0, False), (120.0, 140.0, True))
#: A grid point with no Party point near has none within so many metres.
LONELY_M: Final = 180.0


class Pair(NamedTuple):
    """A grid point's site, its Party point's site and grid, and why they are or are not one.

    `form` is ``same_premises``, ``near``, ``too_far``, ``other_grid``, ``closed`` or ``alone`` (without a partner).
    """

    grid: Grid
    site: Site
    form: str
    partner: Site | None
    partner_grid: Grid | None


@dataclass(frozen=True)
class Layout:
    """The 84 pairs by grid, and the grids that have none of them, in order."""

    pairs: tuple[Pair, ...]
    free: tuple[Grid, ...]


def lay_out(division: Division, rng: np.random.Generator) -> Layout:
    """Choose the 84 grids with a built point and the form of each: 77 two in one, seven not."""
    left = {TOWN_CODE + suffix: n for suffix, n in BUILT.items()}
    chosen: dict[str, Pair] = {}
    across = _across(division, left, rng)
    taken = {across.partner_grid.code} if across.partner_grid else set()
    _take(chosen, left, across)
    for low, high, rural in MISSES:
        _take(chosen, left, _missed(division, left, chosen, taken, (low, high, rural), rng))
    _take(chosen, left, _plain(division, left, chosen, taken, "closed", rng))
    for code, n in left.items():
        grids = [g for g in division.of(code) if g.code not in chosen and g.code not in taken]
        for grid in sample(rng, grids, n):
            chosen[grid.code] = _two_in_one(grid, rng)
    _set_alone(chosen, rng)
    pairs = tuple(chosen[code] for code in sorted(chosen))
    free = tuple(g for g in division.grids.values() if g.code not in chosen)
    return Layout(pairs, free)


def _take(chosen: dict[str, Pair], left: dict[str, int], pair: Pair) -> None:
    chosen[pair.grid.code] = pair
    left[pair.grid.jurisdiction] -= 1


def _open_grids(
    division: Division, left: dict[str, int], chosen: dict[str, Pair], taken: set[str], *, rural: bool
) -> list[Grid]:
    """Grids of jurisdictions that have two points or more yet to place: none loses its only two in one."""
    grids = [g for code, n in left.items() if n >= 2 for g in division.of(code)]
    return [g for g in grids if g.is_village == rural and g.code not in chosen and g.code not in taken]


def _distances(a: Grid, b: Grid) -> np.ndarray:
    """Metres between the sites of two grids, (n, m)."""
    xy, uv = (np.array([(s.x, s.y) for s in g.sites]) for g in (a, b))
    return np.hypot(xy[:, None, 0] - uv[None, :, 0], xy[:, None, 1] - uv[None, :, 1])


def _across(division: Division, left: dict[str, int], rng: np.random.Generator) -> Pair:
    """A grid point whose Party point stands a few steps away, behind the border of the next grid."""
    found = []
    for code, n in left.items():
        for grid in division.of(code) if n >= 2 and n < len(division.of(code)) else []:
            for other in division.neighbours[grid.code]:
                beyond = division.grids[other]
                distances = _distances(grid, beyond)
                i, j = (int(k) for k in np.unravel_index(np.argmin(distances), distances.shape))
                if not grid.is_village and distances[i, j] <= NEAR_M[1]:
                    found.append(Pair(grid, grid.sites[i], "other_grid", beyond.sites[j], beyond))
    pair: Pair = one(rng, found)
    return pair


def _missed(
    division: Division,
    left: dict[str, int],
    chosen: dict[str, Pair],
    taken: set[str],
    wanted: tuple[float, float, bool],
    rng: np.random.Generator,
) -> Pair:
    low, high, rural = wanted
    grids = _open_grids(division, left, chosen, taken, rural=rural)
    for at in rng.permutation(len(grids)):
        pair = _apart(grids[at], (low, high), "too_far", rng)
        if pair is not None:
            return pair
    raise RuntimeError(f"no grid has two buildings {low} to {high} m apart")


def _plain(
    division: Division,
    left: dict[str, int],
    chosen: dict[str, Pair],
    taken: set[str],
    form: str,
    rng: np.random.Generator,
) -> Pair:
    grid: Grid = one(rng, _open_grids(division, left, chosen, taken, rural=False))
    site = _good_site(grid, rng)
    return Pair(grid, site, form, site, grid)


def _apart(grid: Grid, limits: tuple[float, float], form: str, rng: np.random.Generator) -> Pair | None:
    distances = _distances(grid, grid)
    fitting = np.argwhere((distances >= limits[0]) & (distances <= limits[1]))
    if not len(fitting):
        return None
    i, j = one(rng, fitting)
    return Pair(grid, grid.sites[i], form, grid.sites[j], grid)


def _two_in_one(grid: Grid, rng: np.random.Generator) -> Pair:
    """One place: under one roof, or a second house a few steps away."""
    pair = _apart(grid, NEAR_M, "near", rng) if rng.random() < 0.45 else None
    site = _good_site(grid, rng)
    return pair or Pair(grid, site, "same_premises", site, grid)


def _good_site(grid: Grid, rng: np.random.Generator) -> Site:
    """A public building where there is one."""
    public = [s for s in grid.sites if s.is_public]
    site: Site = one(rng, public or list(grid.sites))
    return site


def _set_alone(chosen: dict[str, Pair], rng: np.random.Generator) -> None:
    """One grid point in a village and one in a residential area lose their partner: nothing else is near."""
    partners = np.array([(p.partner.x, p.partner.y) for p in chosen.values() if p.partner is not None])
    for rural in (True, False):
        fitting = []
        for code in sorted(chosen):
            pair = chosen[code]
            away = np.hypot(*(partners - (pair.site.x, pair.site.y)).T)
            others = [p for p in chosen.values() if p.grid.jurisdiction == pair.grid.jurisdiction and p is not pair]
            has_another = any(p.form in ("near", "same_premises") for p in others)
            is_own = pair.form == "same_premises"
            if pair.grid.is_village == rural and is_own and has_another and np.sort(away)[1] > LONELY_M:
                fitting.append(pair)
        pair = one(rng, fitting)
        chosen[pair.grid.code] = pair._replace(form="alone", partner=None, partner_grid=None)
