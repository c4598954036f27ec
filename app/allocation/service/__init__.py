"""Use cases of allocations: runs, edits, application, calls."""
