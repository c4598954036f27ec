"""The demonstration network, loaded through the service layer."""
