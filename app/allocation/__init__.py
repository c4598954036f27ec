"""Seats for all requests at once: a proposal for the whole network, reviewed, then applied."""
