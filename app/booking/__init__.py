"""Seats: bookings, waiting lists, cohort blocks."""
