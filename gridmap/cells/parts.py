"""Labelled pieces of land: which lie apart from the rest of their label, and whom they join instead."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.measure.totals import sum_by


def minor_parts(
    label: NDArray[np.int64], edges: NDArray[np.int64], weight: NDArray[np.float64], most: float = 1.0
) -> NDArray[np.bool_]:
    """Pieces in a part of their label that is not its heaviest and has at most the share `most` of its weight, (n,).

    Parameters
    ----------
    label : ndarray of int64, shape (n,)
    edges : ndarray of int64, shape (m, 2)
        Pieces that share a border.
    weight : ndarray of float64, shape (n,)
    most : float
        Between 0 and 1.
    """
    n = len(label)
    same = edges[label[edges[:, 0]] == label[edges[:, 1]]]
    matrix = coo_array((np.ones(len(same), dtype=np.int8), (same[:, 0], same[:, 1])), shape=(n, n))
    n_parts, part = connected_components(matrix.tocsr(), directed=False)
    heavy = sum_by(part, weight, n_parts)
    label_of_part = np.zeros(n_parts, dtype=np.int64)
    label_of_part[part] = label
    order = np.lexsort((np.arange(n_parts), -heavy, label_of_part))
    is_minor = np.ones(n_parts, dtype=np.bool_)
    is_minor[order[np.unique(label_of_part[order], return_index=True)[1]]] = False
    _, group = np.unique(label_of_part, return_inverse=True)
    is_minor &= heavy <= most * sum_by(group, heavy, n_parts)[group]
    return np.asarray(is_minor[part], dtype=np.bool_)


def rehomed(
    label: NDArray[np.int64],
    stray: NDArray[np.bool_],
    edges: NDArray[np.int64],
    length_m: NDArray[np.float64],
    room: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Labels in which every stray piece beside a settled one has the label that it shares the longest border with.

    Labels of pieces in the same room come first. Stray pieces with only strays around them keep their
    label: call again until nothing changes.

    Parameters
    ----------
    label : ndarray of int64, shape (n,)
        From 0 where settled.
    stray : ndarray of bool, shape (n,)
    edges, length_m : ndarray, shape (m, 2) and (m,)
        Pieces that share a border, and its length in metres.
    room : ndarray of int64, shape (n,)
        The enclosure or jurisdiction of each piece.
    """
    both = np.concatenate([edges, edges[:, ::-1]])
    useful = stray[both[:, 0]] & ~stray[both[:, 1]]
    at, beside = both[useful].T
    to = label[beside]
    n_labels = int(label.max(initial=0)) + 1
    key, inverse = np.unique(at * n_labels + to, return_inverse=True)
    total = sum_by(inverse, np.concatenate([length_m, length_m])[useful], len(key))
    indoors = sum_by(inverse, (room[at] == room[beside]).astype(np.int64), len(key)) > 0
    order = np.lexsort((key, -total, ~indoors, key // n_labels))
    best = key[order[np.unique(key[order] // n_labels, return_index=True)[1]]]
    new = label.copy()
    new[best // n_labels] = best % n_labels
    return new
