"""The use cases about seats. Every one locks the slot first and ends what ran out."""
