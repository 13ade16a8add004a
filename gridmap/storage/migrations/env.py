"""Alembic's door: run the steps over the connection that :mod:`gridmap.storage.upgrade` hands in."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table_schema="gridmap", transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
