"""The database's history: one revision per change, from an empty database to head."""
