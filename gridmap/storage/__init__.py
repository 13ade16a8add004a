"""Values and the rows of PostGIS: plans that are kept, versioned and never lost."""
