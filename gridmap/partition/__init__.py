"""Units, graph and rules become a plan."""
