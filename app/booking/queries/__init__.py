"""Every select about claims on seats."""
