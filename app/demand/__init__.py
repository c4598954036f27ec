"""Skill-gap requests of countries."""
