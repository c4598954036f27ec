"""What an allocation is about, as plain values: asks, places, the arcs between them, plans."""
