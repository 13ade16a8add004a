"""The database that gridmap brings along: a private PostgreSQL with PostGIS, made and started on first use."""
