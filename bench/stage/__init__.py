"""What the benchmarks measure against: the product, a sandbox, the floor, a browser."""
