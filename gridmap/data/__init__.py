"""Files become values: vector layers, ledgers, coordinates, and the plan file."""
