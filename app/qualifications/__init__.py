"""What people have proved: qualifications with their validity, waivers, certificates."""
