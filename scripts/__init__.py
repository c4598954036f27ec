"""Scripts for the people who work on the product; nothing here runs with it."""
