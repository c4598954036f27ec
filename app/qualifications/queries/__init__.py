"""Every read about qualifications and certificates."""
