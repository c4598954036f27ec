"""What people have proved, as pure rules: qualifications and certificates."""
