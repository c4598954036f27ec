"""What clients send to allocations and read of them."""
