"""Values become the ledger and the report file."""
