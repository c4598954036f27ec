"""The use cases of the supply side, split by what they are about."""
