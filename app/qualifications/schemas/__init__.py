"""What is sent and read about qualifications and certificates."""
