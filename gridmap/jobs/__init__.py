"""The same function over many jurisdictions, here or on several processes."""
