"""Points of a town: which grid holds them, which are two in one, whom they reach, where the next should stand."""
