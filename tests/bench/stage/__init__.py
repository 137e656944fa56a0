"""The environment of benchmarks: the product, a sandbox, the floor, a browser."""
