"""What tests and benchmarks stand on: a database server, a web server, a browser."""
