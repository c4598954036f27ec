"""The shapes of the supply side: inputs, filters, views."""
