"""Ranking slots for a request, with the reason per criterion."""
