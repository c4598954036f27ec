"""Use cases of qualifications and certificates."""
