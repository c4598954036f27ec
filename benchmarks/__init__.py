"""Measurements of the whole program, each with its spread over runs."""
