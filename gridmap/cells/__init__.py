"""Buildings and barriers become cells, the units of residential areas."""
