"""Gaps: demand against supply."""
