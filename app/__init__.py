"""Cadre: need, explained match, seats, calendar, trained people, smaller gap."""
