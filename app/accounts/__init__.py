"""People, sign-in, roles and tokens."""
