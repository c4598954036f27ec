"""HTTP toolkit: dependencies, forms, rendering, errors, guards. Knows no feature."""
