"""The mathematics of an allocation: pure functions over :mod:`app.allocation.rules.facts`."""
