"""Every read of allocations, and what a run is solved from."""
