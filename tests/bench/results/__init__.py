"""Benchmarks of life with thousands of results: the wall, what is alike, archives."""
