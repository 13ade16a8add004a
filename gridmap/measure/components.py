"""Connected parts of a dual graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.model.graph import DualGraph


def components(graph: DualGraph, labels: NDArray[np.integer] | None = None) -> NDArray[np.int64]:
    """Number of the connected part that each unit belongs to, (n,), from 0 in order of first unit.

    Parameters
    ----------
    graph : DualGraph
        n units.
    labels : ndarray of int, shape (n,), optional
        With labels, edges between different labels are cut first: the parts of each grid or
        jurisdiction.
    """
    source, target = graph.source, graph.indices
    if labels is not None:
        same = labels[source] == labels[target]
        source, target = source[same], target[same]
    n = len(graph)
    matrix = coo_array((np.ones(len(source), dtype=np.int8), (source, target)), shape=(n, n))
    _, part = connected_components(matrix.tocsr(), directed=False)
    _, first, inverse = np.unique(part, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)
