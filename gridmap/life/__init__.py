"""The life of the grids: the two lists, Party life, services brought in and ordered."""
