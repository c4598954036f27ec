"""The tests of the product, in folders that mirror it."""
