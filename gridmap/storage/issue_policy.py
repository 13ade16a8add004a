"""The policy of a town's issues: every one that was ever in use is kept, the newest holds."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.model.issue_policy import DEFAULT_POLICY, IssuePolicy, parse_policy, policy_text
from gridmap.storage.connect import Store
from gridmap.storage.entries import get_town_entry
from gridmap.storage.issue_schema import IssuePolicyRow


def load_town_policy(store: Store, town: str | int) -> IssuePolicy:
    """The policy in use in a town; the one that comes with gridmap where it never made its own.

    Raises
    ------
    NotStored
        If there is no such town.
    StoreError
        If the database cannot be reached.
    """
    return parse_policy(town_policy_text(store, town), "policy")


def town_policy_text(store: Store, town: str | int) -> str:
    """The TOML of the policy in use.

    Raises
    ------
    NotStored, StoreError
        As :func:`load_town_policy`.
    """
    with store.read() as connection:
        entry = get_town_entry(connection, town)
        newest = (
            sa.select(IssuePolicyRow.toml)
            .where(IssuePolicyRow.town_id == entry.id)
            .order_by(IssuePolicyRow.version.desc())
            .limit(1)
        )
        found = connection.execute(newest).scalar()
    return policy_text(DEFAULT_POLICY) if found is None else str(found)


def save_town_policy(store: Store, town: str | int, toml: str) -> int:
    """Put a policy into use; deadlines that were set before stay. Its number, counted from 1.

    Raises
    ------
    InvalidRules
        If the text has a fault.
    NotStored
        If there is no such town.
    StoreError
        If the database cannot be reached or refuses.
    """
    policy = parse_policy(toml, "policy")
    with store.begin() as connection:
        entry = get_town_entry(connection, town)
        last = sa.select(sa.func.coalesce(sa.func.max(IssuePolicyRow.version), 0)).where(
            IssuePolicyRow.town_id == entry.id
        )
        version = int(connection.execute(last).scalar_one()) + 1
        connection.execute(
            sa.insert(IssuePolicyRow).values(
                town_id=entry.id,
                version=version,
                name=policy.name,
                toml=toml,
                actor=store.actor,
                client=store.client,
            )
        )
    return version
