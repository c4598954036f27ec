"""Every select of the supply side."""
