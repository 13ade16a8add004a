"""The hot loops of the residential search, compiled by numba.

Everything here works on flat arrays and one mutable search state that never leaves
``gridmap.partition``. Randomness comes from a 64-bit xorshift* generator whose state is passed by
hand (Vigna 2016, "An experimental exploration of Marsaglia's xorshift generators, scrambled"), so that
a seed gives the same plan on every machine and in every thread.

Units of measure: lengths in sides of a typical grid, areas in typical grids (so that a square grid
has area 1 and perimeter 4), households as they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Net(NamedTuple):
    """The units of one area: compressed sparse rows and a row a unit."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int64]
    length: NDArray[np.float64]
    barrier: NDArray[np.float64]
    same: NDArray[np.float64]
    households: NDArray[np.float64]
    area: NDArray[np.float64]
    perimeter: NDArray[np.float64]
    old: NDArray[np.int64]


class Weights(NamedTuple):
    """What the search pays for; the meaning of each is in ``problem.py``."""

    lower: float
    upper: float
    ideal: float
    quality: float
    outside: float
    outside_excess: float
    beyond: float
    beyond_excess: float
    square: float
    shape: float
    barrier: float
    compound: float
    moved: float


class State(NamedTuple):
    """The mutable state of a search: the label of each unit and the sums of each grid."""

    label: NDArray[np.int64]
    households: NDArray[np.float64]
    area: NDArray[np.float64]
    perimeter: NDArray[np.float64]
    barrier: NDArray[np.float64]
    n_units: NDArray[np.int64]
    cost: NDArray[np.float64]
    stamp: NDArray[np.int64]
    stack: NDArray[np.int64]
    clock: NDArray[np.int64]


class Workspace(NamedTuple):
    """Scratch arrays of the tree split, used again by every call so that none costs more than its window."""

    inside: NDArray[np.int64]
    in_tree: NDArray[np.int64]
    parent: NDArray[np.int64]
    where: NDArray[np.int64]
    order: NDArray[np.int64]
    size: NDArray[np.int64]
    below: NDArray[np.float64]
    side: NDArray[np.bool_]
    best_side: NDArray[np.bool_]
    key: NDArray[np.float64]
    item: NDArray[np.int64]
    source: NDArray[np.int64]
    clock: NDArray[np.int64]


@njit(cache=True, nogil=True)
def new_workspace(net: Net) -> Workspace:
    """Scratch arrays for the units of `net`."""
    n = len(net.households)
    return Workspace(
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty(n),
        np.zeros(n, dtype=np.bool_),
        np.zeros(n, dtype=np.bool_),
        np.empty(len(net.indices) + 1),
        np.empty(len(net.indices) + 1, dtype=np.int64),
        np.repeat(np.arange(n), np.diff(net.indptr)),
        np.zeros(1, dtype=np.int64),
    )


@njit(cache=True, nogil=True)
def next_random(rng: NDArray[np.uint64]) -> float:
    """A number in [0, 1) and a step of the generator."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def next_below(rng: NDArray[np.uint64], n: int) -> int:
    """A whole number in 0 … n − 1."""
    return min(n - 1, int(next_random(rng) * n))


@njit(cache=True, nogil=True)
def grid_cost(w: Weights, households: float, area: float, perimeter: float, barrier: float) -> float:
    """What one grid costs by itself: households, barriers inside it, shape."""
    cost = 0.0
    if households < w.lower:
        cost += w.outside + w.outside_excess * (w.lower - households) / w.ideal
    elif households > w.upper:
        cost += w.outside + w.outside_excess * (households - w.upper) / w.ideal
    d = abs(households - w.ideal) / w.ideal
    if d > w.quality:
        cost += w.beyond + w.beyond_excess * (d - w.quality)
    cost += w.square * d * d
    if area > 0.0:
        cost += w.shape * (perimeter * perimeter / (4.0 * np.pi * area) - 1.0)
    return cost + w.barrier * barrier


@njit(cache=True, nogil=True)
def new_state(net: Net, w: Weights, label: NDArray[np.int64], k: int) -> State:
    """A state with its sums counted afresh from the labels."""
    n = len(net.households)
    state = State(
        label,
        np.zeros(k),
        np.zeros(k),
        np.zeros(k),
        np.zeros(k),
        np.zeros(k, dtype=np.int64),
        np.zeros(k),
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
    )
    for v in range(n):
        g = label[v]
        state.households[g] += net.households[v]
        state.area[g] += net.area[v]
        state.perimeter[g] += net.perimeter[v]
        state.n_units[g] += 1
        for e in range(net.indptr[v], net.indptr[v + 1]):
            if label[net.indices[e]] == g:
                state.perimeter[g] -= net.length[e]
                state.barrier[g] += 0.5 * net.barrier[e]
    for g in range(k):
        state.cost[g] = grid_cost(w, state.households[g], state.area[g], state.perimeter[g], state.barrier[g])
    return state


@njit(cache=True, nogil=True)
def total_cost(net: Net, w: Weights, state: State) -> float:
    """The weighted cost of a whole assignment: grids, compounds cut, households moved."""
    cost = 0.0
    for g in range(len(state.cost)):
        cost += state.cost[g]
    for v in range(len(net.households)):
        a = state.label[v]
        if net.old[v] >= 0 and net.old[v] != a:
            cost += w.moved * (net.households[v] + 0.2) / w.ideal
        for e in range(net.indptr[v], net.indptr[v + 1]):
            if state.label[net.indices[e]] != a:
                cost += 0.5 * w.compound * net.same[e]
    return cost


@njit(cache=True, nogil=True)
def _stays_connected(net: Net, state: State, v: int, a: int, n_inside: int) -> bool:
    """Whether grid `a` without `v` is in one piece: its `n_inside` neighbours of v reach each other."""
    if n_inside <= 1:
        return True
    state.clock[0] += 1
    mark = state.clock[0]
    stamp, stack = state.stamp, state.stack
    stamp[v] = mark
    top = 0
    # Neighbours still to be met carry the stamp −mark; every other stamp is a mark already used up.
    for e in range(net.indptr[v], net.indptr[v + 1]):
        u = net.indices[e]
        if state.label[u] == a:
            if top == 0:
                stamp[u] = mark
                stack[0] = u
                top = 1
            else:
                stamp[u] = -mark
    missing = n_inside - 1
    while top > 0:
        top -= 1
        x = stack[top]
        for e in range(net.indptr[x], net.indptr[x + 1]):
            u = net.indices[e]
            if state.label[u] == a and stamp[u] != mark:
                if stamp[u] == -mark:
                    missing -= 1
                    if missing == 0:
                        return True
                stamp[u] = mark
                stack[top] = u
                top += 1
    return False


@njit(cache=True, nogil=True)
def anneal(
    net: Net,
    w: Weights,
    state: State,
    members: NDArray[np.int64],
    free: NDArray[np.bool_],
    n_proposals: int,
    hot: float,
    cold: float,
    rng: NDArray[np.uint64],
) -> int:
    """Simulated annealing of single-unit flips between the `free` grids; returns the flips accepted.

    A flip is proposed on a random border of a random member, tested by Metropolis under geometric
    cooling from `hot` to `cold`, and carried out only if the losing grid stays in one piece and keeps
    a unit.
    """
    label = state.label
    temperature = hot
    steps = max(1, n_proposals // 64)
    factor = (cold / hot) ** (1.0 / steps)
    accepted = 0
    for i in range(n_proposals):
        if i % 64 == 63:
            temperature *= factor
        v = members[next_below(rng, len(members))]
        first, last = net.indptr[v], net.indptr[v + 1]
        if first == last:
            continue
        a = label[v]
        b = label[net.indices[first + next_below(rng, last - first)]]
        if a == b or not free[b] or state.n_units[a] == 1:
            continue
        length_a, length_b, barrier_a, barrier_b, same_a, same_b = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        n_inside = 0
        for e in range(first, last):
            other = label[net.indices[e]]
            if other == a:
                length_a += net.length[e]
                barrier_a += net.barrier[e]
                same_a += net.same[e]
                n_inside += 1
            elif other == b:
                length_b += net.length[e]
                barrier_b += net.barrier[e]
                same_b += net.same[e]
        h, area, perimeter = net.households[v], net.area[v], net.perimeter[v]
        new_a = grid_cost(
            w,
            state.households[a] - h,
            state.area[a] - area,
            state.perimeter[a] - perimeter + 2.0 * length_a,
            state.barrier[a] - barrier_a,
        )
        new_b = grid_cost(
            w,
            state.households[b] + h,
            state.area[b] + area,
            state.perimeter[b] + perimeter - 2.0 * length_b,
            state.barrier[b] + barrier_b,
        )
        delta = new_a + new_b - state.cost[a] - state.cost[b] + w.compound * (same_a - same_b)
        old = net.old[v]
        if old >= 0:
            if old == a:
                delta += w.moved * (h + 0.2) / w.ideal
            elif old == b:
                delta -= w.moved * (h + 0.2) / w.ideal
        if delta > 0.0 and next_random(rng) >= np.exp(-delta / temperature):
            continue
        if not _stays_connected(net, state, v, a, n_inside):
            continue
        label[v] = b
        state.households[a] -= h
        state.households[b] += h
        state.area[a] -= area
        state.area[b] += area
        state.perimeter[a] += 2.0 * length_a - perimeter
        state.perimeter[b] += perimeter - 2.0 * length_b
        state.barrier[a] -= barrier_a
        state.barrier[b] += barrier_b
        state.n_units[a] -= 1
        state.n_units[b] += 1
        state.cost[a] = new_a
        state.cost[b] = new_b
        accepted += 1
    return accepted


@njit(cache=True, nogil=True)
def _heap_push(key: NDArray[np.float64], item: NDArray[np.int64], size: int, k: float, x: int) -> None:
    i = size
    while i > 0:
        up = (i - 1) // 2
        if key[up] <= k:
            break
        key[i], item[i] = key[up], item[up]
        i = up
    key[i], item[i] = k, x


@njit(cache=True, nogil=True)
def _heap_pop(key: NDArray[np.float64], item: NDArray[np.int64], size: int) -> int:
    top = item[0]
    k, x = key[size - 1], item[size - 1]
    size -= 1
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and key[child + 1] < key[child]:
            child += 1
        if key[child] >= k:
            break
        key[i], item[i] = key[child], item[child]
        i = child
    key[i], item[i] = k, x
    return int(top)


@njit(cache=True, nogil=True)
def _grow_tree(net: Net, ws: Workspace, root: int, segment: int, rng: NDArray[np.uint64]) -> int:
    """A random spanning tree of a segment by Prim's algorithm; returns the number of units reached.

    Borders along barriers come last and borders inside a compound early. ``ws.order`` lists the units
    in the order in which they were reached, so that every parent stands before its children.
    """
    ws.clock[0] += 1
    tree = ws.clock[0]
    heap = 0
    count = 0
    ws.parent[root] = -1
    ws.in_tree[root] = tree
    x = root
    while True:
        ws.order[count] = x
        ws.where[x] = count
        count += 1
        for e in range(net.indptr[x], net.indptr[x + 1]):
            u = net.indices[e]
            if ws.inside[u] == segment and ws.in_tree[u] != tree:
                cost = next_random(rng) / (1.0 + 2.0 * net.length[e])
                if net.same[e] > 0.0:
                    cost *= 0.3
                if net.barrier[e] > 0.5 * net.length[e]:
                    cost += 3.0
                _heap_push(ws.key, ws.item, heap, cost, e)
                heap += 1
        found = -1
        while heap > 0:
            e = _heap_pop(ws.key, ws.item, heap)
            heap -= 1
            if ws.in_tree[net.indices[e]] != tree:
                found = e
                break
        if found < 0:
            return count
        x = net.indices[found]
        ws.in_tree[x] = tree
        ws.parent[x] = ws.source[found]


@njit(cache=True, nogil=True)
def _best_cut(net: Net, ws: Workspace, count: int, k: int, average: float) -> tuple[int, int, float]:
    """The tree edge (by its lower unit) that divides a tree for `k` grids best, grids below it, its error.

    The error is the worse relative deviation of the two sides from whole multiples of `average`, with a
    slight preference for even halves.
    """
    for i in range(count):
        ws.below[i] = net.households[ws.order[i]]
        ws.size[i] = 1
    for i in range(count - 1, 0, -1):
        up = ws.where[ws.parent[ws.order[i]]]
        ws.below[up] += ws.below[i]
        ws.size[up] += ws.size[i]
    cut, cut_k, cut_error = -1, 1, np.inf
    for i in range(1, count):
        ratio = ws.below[i] / average if average > 0.0 else ws.size[i] * k / count
        low = int(np.floor(ratio))
        for candidate in (low, low + 1):
            if candidate < 1 or candidate > k - 1 or ws.size[i] < candidate or count - ws.size[i] < k - candidate:
                continue
            rest = (k - ratio) / (k - candidate)
            error = max(abs(ratio / candidate - 1.0), abs(rest - 1.0)) + 0.03 * abs(2.0 * candidate - k) / k
            if error < cut_error:
                cut, cut_k, cut_error = i, candidate, error
    return cut, cut_k, cut_error


@njit(cache=True, nogil=True)
def split_by_trees(
    net: Net,
    ws: Workspace,
    members: NDArray[np.int64],
    k: int,
    tries: int,
    stop_units: int,
    part: NDArray[np.int64],
    rng: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Divide connected `members` into connected parts of nearly equal households.

    Recursive bisection of random spanning trees, the best cut of `tries` trees at each level. A part is
    final when it is for one grid or has at most `stop_units` units. Part numbers in 0 … k − 1 are written
    to `part` at the members; returned is the number of grids that each part is for (0: no such part).
    """
    m = len(members)
    todo = members.copy()
    grids_of = np.zeros(k, dtype=np.int64)
    starts = np.empty(k + 2, dtype=np.int64)
    ends = np.empty(k + 2, dtype=np.int64)
    ks = np.empty(k + 2, dtype=np.int64)
    firsts = np.empty(k + 2, dtype=np.int64)
    starts[0], ends[0], ks[0], firsts[0] = 0, m, k, 0
    depth = 1
    while depth > 0:
        depth -= 1
        lo, hi, kk, first = starts[depth], ends[depth], ks[depth], firsts[depth]
        best, best_k = np.inf, 1
        if kk > 1 and hi - lo > stop_units:
            ws.clock[0] += 1
            segment = ws.clock[0]
            total = 0.0
            for i in range(lo, hi):
                ws.inside[todo[i]] = segment
                total += net.households[todo[i]]
            for _ in range(tries):
                count = _grow_tree(net, ws, todo[lo + next_below(rng, hi - lo)], segment, rng)
                cut, cut_k, cut_error = _best_cut(net, ws, count, kk, total / kk)
                if cut >= 0 and cut_error < best:
                    best, best_k = cut_error, cut_k
                    for i in range(count):
                        ws.side[i] = i == cut or (i > cut and ws.side[ws.where[ws.parent[ws.order[i]]]])
                        ws.best_side[ws.order[i]] = ws.side[i]
        if best == np.inf:
            # Done, or too few units for so many grids: then one part takes all.
            for i in range(lo, hi):
                part[todo[i]] = first
            grids_of[first] = kk
            continue
        i, j = lo, hi - 1
        while i <= j:
            if ws.best_side[todo[i]]:
                i += 1
            else:
                todo[i], todo[j] = todo[j], todo[i]
                j -= 1
        starts[depth], ends[depth], ks[depth], firsts[depth] = lo, i, best_k, first
        depth += 1
        starts[depth], ends[depth], ks[depth], firsts[depth] = i, hi, kk - best_k, first + best_k
        depth += 1
    return grids_of


@njit(cache=True, nogil=True)
def multi_start(
    net: Net,
    w: Weights,
    k: int,
    n_starts: int,
    proposals: int,
    hot: float,
    cold: float,
    seed: np.uint64,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Independent runs of tree split and annealing: labels (n_starts, n) and their costs."""
    n = len(net.households)
    members = np.arange(n)
    free = np.ones(k, dtype=np.bool_)
    labels = np.zeros((n_starts, n), dtype=np.int64)
    costs = np.empty(n_starts)
    rng = np.empty(1, dtype=np.uint64)
    rng[0] = seed
    ws = new_workspace(net)
    for s in range(n_starts):
        split_by_trees(net, ws, members, k, 5 if n <= 2000 else 2, 0, labels[s], rng)
        state = new_state(net, w, labels[s], k)
        if k > 1:
            anneal(net, w, state, members, free, proposals * n, hot, cold, rng)
        costs[s] = total_cost(net, w, state)
    return labels, costs


@njit(cache=True, nogil=True)
def anneal_from(
    net: Net,
    w: Weights,
    label: NDArray[np.int64],
    k: int,
    free: NDArray[np.bool_],
    n_starts: int,
    proposals: int,
    hot: float,
    cold: float,
    seed: np.uint64,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Independent annealing runs from given labels, moving units between the `free` grids only."""
    n = len(net.households)
    n_members = 0
    members = np.empty(n, dtype=np.int64)
    for v in range(n):
        if free[label[v]]:
            members[n_members] = v
            n_members += 1
    members = members[:n_members].copy()
    labels = np.zeros((n_starts, n), dtype=np.int64)
    costs = np.empty(n_starts)
    rng = np.empty(1, dtype=np.uint64)
    rng[0] = seed
    for s in range(n_starts):
        labels[s, :] = label
        state = new_state(net, w, labels[s], k)
        if n_members:
            anneal(net, w, state, members, free, proposals * n_members, hot, cold, rng)
        costs[s] = total_cost(net, w, state)
    return labels, costs


@njit(cache=True, nogil=True)
def _window_cost(net: Net, w: Weights, state: State, members: NDArray[np.int64], chosen: NDArray[np.int64]) -> float:
    cost = 0.0
    for i in range(len(chosen)):
        cost += state.cost[chosen[i]]
    for i in range(len(members)):
        v = members[i]
        a = state.label[v]
        if net.old[v] >= 0 and net.old[v] != a:
            cost += w.moved * (net.households[v] + 0.2) / w.ideal
        for e in range(net.indptr[v], net.indptr[v + 1]):
            if state.label[net.indices[e]] != a:
                cost += 0.5 * w.compound * net.same[e]
    return cost


@njit(cache=True, nogil=True)
def _recount(net: Net, w: Weights, state: State, members: NDArray[np.int64], chosen: NDArray[np.int64]) -> None:
    """Count the sums of the `chosen` grids afresh; `members` are exactly their units."""
    for i in range(len(chosen)):
        g = chosen[i]
        state.households[g] = state.area[g] = state.perimeter[g] = state.barrier[g] = 0.0
        state.n_units[g] = 0
    for i in range(len(members)):
        v = members[i]
        g = state.label[v]
        state.households[g] += net.households[v]
        state.area[g] += net.area[v]
        state.perimeter[g] += net.perimeter[v]
        state.n_units[g] += 1
        for e in range(net.indptr[v], net.indptr[v + 1]):
            if state.label[net.indices[e]] == g:
                state.perimeter[g] -= net.length[e]
                state.barrier[g] += 0.5 * net.barrier[e]
    for i in range(len(chosen)):
        g = chosen[i]
        state.cost[g] = grid_cost(w, state.households[g], state.area[g], state.perimeter[g], state.barrier[g])


@njit(cache=True, nogil=True)
def solve_windows(
    net: Net,
    w: Weights,
    label: NDArray[np.int64],
    k: int,
    n_rounds: int,
    proposals: int,
    seed: np.uint64,
) -> tuple[NDArray[np.int64], float]:
    """Large-neighbourhood search: 2–4 adjacent grids are solved afresh and kept if that is cheaper.

    The first grid of a window is the costlier of two random ones; the others are met along borders.
    """
    n = len(net.households)
    rng = np.empty(1, dtype=np.uint64)
    rng[0] = seed
    ws = new_workspace(net)
    state = new_state(net, w, label.copy(), k)
    free = np.zeros(k, dtype=np.bool_)
    position = np.zeros(k, dtype=np.int64)
    part = np.zeros(n, dtype=np.int64)
    saved = np.empty(n, dtype=np.int64)
    buffer = np.empty(n, dtype=np.int64)
    nxt = np.full(n, -1, dtype=np.int64)  # linked lists: the units of each grid
    head = np.full(k, -1, dtype=np.int64)
    for v in range(n - 1, -1, -1):
        nxt[v] = head[label[v]]
        head[label[v]] = v
    chosen_buffer = np.empty(4, dtype=np.int64)
    for _ in range(n_rounds):
        if k < 2:
            break
        g = next_below(rng, k)
        other = next_below(rng, k)
        if state.cost[other] > state.cost[g]:
            g = other
        wanted = 2 + next_below(rng, 3)
        chosen_buffer[0] = g
        n_chosen = 1
        free[g] = True
        m = 0
        v = head[g]
        while v >= 0:
            buffer[m] = v
            m += 1
            v = nxt[v]
        misses = 0
        while n_chosen < wanted and misses < 30:
            v = buffer[next_below(rng, m)]
            first, last = net.indptr[v], net.indptr[v + 1]
            if first == last:
                misses += 1
                continue
            b = state.label[net.indices[first + next_below(rng, last - first)]]
            if free[b]:
                misses += 1
                continue
            free[b] = True
            chosen_buffer[n_chosen] = b
            n_chosen += 1
            v = head[b]
            while v >= 0:
                buffer[m] = v
                m += 1
                v = nxt[v]
        chosen = chosen_buffer[:n_chosen].copy()
        members = buffer[:m].copy()
        if n_chosen > 1:
            for i in range(m):
                saved[i] = state.label[members[i]]
            before = _window_cost(net, w, state, members, chosen)
            split_by_trees(net, ws, members, n_chosen, 4, 0, part, rng)
            _match_parts(net, members, part, saved, chosen, position, state)
            _recount(net, w, state, members, chosen)
            full = True
            for i in range(n_chosen):
                full = full and state.n_units[chosen[i]] > 0
            if full:
                anneal(net, w, state, members, free, proposals * m, 0.3, 0.005, rng)
            if not full or _window_cost(net, w, state, members, chosen) >= before - 1e-9:
                for i in range(m):
                    state.label[members[i]] = saved[i]
            _recount(net, w, state, members, chosen)
            for i in range(n_chosen):
                head[chosen[i]] = -1
            for i in range(m - 1, -1, -1):
                v = members[i]
                nxt[v] = head[state.label[v]]
                head[state.label[v]] = v
        for i in range(n_chosen):
            free[chosen[i]] = False
    return state.label, total_cost(net, w, state)


@njit(cache=True, nogil=True)
def _match_parts(
    net: Net,
    members: NDArray[np.int64],
    part: NDArray[np.int64],
    saved: NDArray[np.int64],
    chosen: NDArray[np.int64],
    position: NDArray[np.int64],
    state: State,
) -> None:
    """Give the new parts the labels of the grids they overlap most (greedy), and write them."""
    q = len(chosen)
    overlap = np.zeros((q, q))
    for i in range(q):
        position[chosen[i]] = i
    for i in range(len(members)):
        overlap[part[members[i]], position[saved[i]]] += net.households[members[i]] + 0.2
    target = np.full(q, -1, dtype=np.int64)
    for _ in range(q):
        best, best_part, best_grid = -1.0, -1, -1
        for p in range(q):
            for g in range(q):
                if overlap[p, g] > best:
                    best, best_part, best_grid = overlap[p, g], p, g
        target[best_part] = best_grid
        for p in range(q):
            overlap[p, best_grid] = -2.0
            overlap[best_part, p] = -2.0
    for i in range(len(members)):
        state.label[members[i]] = chosen[target[part[members[i]]]]


@njit(cache=True, nogil=True)
def candidate_sums(
    net: Net, indptr: NDArray[np.int64], members: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Households, area, perimeter, barrier inside and compound border cut of each candidate, (m,) each."""
    m = len(indptr) - 1
    n = len(net.households)
    households, area, perimeter, barrier, cut = np.zeros(m), np.zeros(m), np.zeros(m), np.zeros(m), np.zeros(m)
    stamp = np.full(n, -1, dtype=np.int64)
    for c in range(m):
        for i in range(indptr[c], indptr[c + 1]):
            stamp[members[i]] = c
        for i in range(indptr[c], indptr[c + 1]):
            v = members[i]
            households[c] += net.households[v]
            area[c] += net.area[v]
            perimeter[c] += net.perimeter[v]
            for e in range(net.indptr[v], net.indptr[v + 1]):
                if stamp[net.indices[e]] == c:
                    perimeter[c] -= net.length[e]
                    barrier[c] += 0.5 * net.barrier[e]
                else:
                    cut[c] += net.same[e]
    return households, area, perimeter, barrier, cut


@njit(cache=True, nogil=True)
def costs_of(
    w: Weights,
    households: NDArray[np.float64],
    area: NDArray[np.float64],
    perimeter: NDArray[np.float64],
    barrier: NDArray[np.float64],
) -> NDArray[np.float64]:
    """:func:`grid_cost` of many grids, (m,)."""
    cost = np.empty(len(households))
    for i in range(len(cost)):
        cost[i] = grid_cost(w, households[i], area[i], perimeter[i], barrier[i])
    return cost
