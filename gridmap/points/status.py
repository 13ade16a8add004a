"""What state a point is in on a day: planned, built, in use or closed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd


def status_on(points: pd.DataFrame, day: date) -> pd.Series:
    """The status of each point on a day, from its dates and, where they are blank, from the status on record.

    Parameters
    ----------
    points : pandas.DataFrame
        n records of the register ``point``.
    day : datetime.date

    Returns
    -------
    pandas.Series of str, (n,)
        ``planned``, ``built``, ``in_use`` or ``closed``; index of the records.

    Notes
    -----
    A date wins over the status. From ``closed_on`` a point is closed, from ``opened_on`` in use, from ``built_on``
    built; before ``opened_on`` it is not yet in use, and before ``built_on`` not yet built. One that is on record as
    closed without a date is closed on every day; with a later date it is in use until then.
    """
    at = pd.Timestamp(day)
    given = points["status"].to_numpy(object)
    closed, opened, built = (points[c] for c in ("closed_on", "opened_on", "built_on"))
    # whoever is to be closed later is in use now
    lasting = np.where((given == "closed") & closed.notna(), "in_use", given)
    not_yet_open = np.where((given == "built") | (built <= at), "built", "planned")
    chosen = np.select(
        [
            (closed <= at) | ((given == "closed") & closed.isna()),
            opened <= at,
            built > at,
            opened > at,
            (given == "planned") & (built <= at),
        ],
        ["closed", "in_use", "planned", not_yet_open, "built"],
        default=lasting,
    )
    return pd.Series(chosen.astype(object), index=points.index, dtype=object, name="status")


def is_open(points: pd.DataFrame, day: date) -> pd.Series:
    """Whether each point is in use on a day, (n,) of bool."""
    return status_on(points, day) == "in_use"


def is_built_point(points: pd.DataFrame, day: date) -> pd.Series:
    """Whether each record is a grid point in use that has premises of its own on a day, (n,) of bool.

    These are the points that a town publishes as built: "84 grid points built, in use, with premises of their own".
    """
    has_premises = points["premises_id"].str.strip() != ""
    return (points["kind"] == "grid_point") & is_open(points, day) & has_premises.astype(bool)
