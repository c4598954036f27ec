"""The supply side: providers, facilities, courses, slots."""
